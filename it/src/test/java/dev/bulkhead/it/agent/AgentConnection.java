package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.protobuf.Message;
import dev.bulkhead.ttrpc.Client;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.ResponseHandler;
import dev.bulkhead.ttrpc.RpcException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A client of ttrpc on a unix socket, as the agent's port: calls as futures, and bytes that are no
 * calls.
 */
public final class AgentConnection implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 60;

  private final SocketChannel socket;
  private final Client client = new Client(this::write);

  private AgentConnection(SocketChannel socket) {
    this.socket = socket;
  }

  /** Takes ownership of a socket and answers what is called over it. */
  public static AgentConnection over(SocketChannel socket) {
    AgentConnection connection = new AgentConnection(socket);
    Thread.startVirtualThread(connection::receive);
    return connection;
  }

  private void receive() {
    ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
    try {
      while (socket.read(buffer.clear()) > 0) {
        synchronized (client) {
          client.receive(buffer.array(), 0, buffer.position());
        }
      }
      fail(new EOFException("the guest closed the connection"));
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(IOException cause) {
    synchronized (client) {
      client.close(new RpcException(Code.UNAVAILABLE, cause.toString(), cause));
    }
  }

  private void write(byte[] frame) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(frame);
      while (bytes.hasRemaining()) {
        socket.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends bytes as they are. */
  void sendRaw(byte[] bytes) {
    synchronized (client) {
      write(bytes);
    }
  }

  /** Calls a method; the answer comes when it comes. */
  public <Q extends Message, R extends Message> CompletableFuture<R> send(
      Method<Q, R> method, Q request) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    synchronized (client) {
      client.call(
          method,
          request,
          new ResponseHandler<R>() {
            @Override
            public void succeeded(R response) {
              answer.complete(response);
            }

            @Override
            public void failed(RpcException failure) {
              answer.completeExceptionally(failure);
            }
          });
    }
    return answer;
  }

  /** Calls a method and waits for its answer. */
  public <Q extends Message, R extends Message> R call(Method<Q, R> method, Q request)
      throws RpcException {
    return await(method.toString(), send(method, request));
  }

  /** Waits for the answer to a call of a name. */
  public static <R> R await(String name, CompletableFuture<R> answer) throws RpcException {
    try {
      return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RpcException failure) {
        throw new RpcException(failure.code(), failure.getMessage(), failure);
      }
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      throw new AssertionError(name + " was not answered within " + TIMEOUT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Calls a method that has to fail, and answers how. */
  public <Q extends Message, R extends Message> RpcException refused(
      Method<Q, R> method, Q request) {
    return assertThrows(RpcException.class, () -> call(method, request), method.toString());
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
