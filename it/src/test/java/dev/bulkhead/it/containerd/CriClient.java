package dev.bulkhead.it.containerd;

import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.MessageDecoder;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.ttrpc.Method;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Calls a container engine by the Container Runtime Interface, as kubelet does. */
final class CriClient implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 120;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ManagedChannel channel;

  CriClient(Path socket) {
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(loops)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            // Of TCP alone.
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
  }

  /**
   * Calls and waits, also for an engine that is just starting.
   *
   * @throws io.grpc.StatusRuntimeException what the engine refuses
   */
  <Q extends Message, R extends Message> R call(Method<Q, R> method, Q request) {
    return ClientCalls.blockingUnaryCall(
        channel,
        MethodDescriptor.<Q, R>newBuilder(
                marshaller(method.request()), marshaller(method.response()))
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method.toString())
            .build(),
        CallOptions.DEFAULT
            .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
            .withWaitForReady(),
        request);
  }

  private static <T extends Message> MethodDescriptor.Marshaller<T> marshaller(
      MessageDecoder<T> decoder) {
    return new MethodDescriptor.Marshaller<>() {
      @Override
      public InputStream stream(T value) {
        return new ByteArrayInputStream(value.encode());
      }

      @Override
      public T parse(InputStream stream) {
        try {
          return decoder.decode(new ProtoReader(stream.readAllBytes()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (MalformedMessageException e) {
          throw Status.INTERNAL.withCause(e).asRuntimeException();
        }
      }
    };
  }

  @Override
  public void close() {
    channel.shutdownNow();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
