package dev.bulkhead.sandbox;

import dev.bulkhead.hypervisor.AgentEndpoint;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.SendQueue;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.ttrpc.Call;
import dev.bulkhead.ttrpc.Client;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.ResponseHandler;
import dev.bulkhead.ttrpc.RpcException;

/**
 * The host's end of the agent's ttrpc connection. What the guest sends is bounded by the frame size
 * and by the requests in flight.
 */
public final class AgentClient implements AutoCloseable {
  private static final int LONGEST_MESSAGE = 4096;
  private static final int READ_SIZE = 32 << 10;

  private final EventLoop loop;
  private final Fd stream;
  private final Client client;
  private final byte[] buffer = new byte[READ_SIZE];
  private final SendQueue pending;
  private final EventLoop.Watch watch;
  private final boolean ownsStream;
  private boolean closed;

  private AgentClient(EventLoop loop, Fd stream, boolean ownsStream) {
    this.loop = loop;
    this.stream = stream;
    this.ownsStream = ownsStream;
    this.pending = new SendQueue(stream::write);
    this.client = new Client(this::sendFrame);
    this.watch = loop.watch(stream, EventLoop.READABLE, this::ready);
  }

  /** Told how a request ended. */
  public interface Callback<R> {
    void answered(R response);

    void failed(AgentException failure);
  }

  /** A callback that wants to know nothing. */
  public static <R> Callback<R> ignoring() {
    return new Callback<>() {
      @Override
      public void answered(R response) {}

      @Override
      public void failed(AgentException failure) {}
    };
  }

  /**
   * Speaks to the agent of a machine, over its stream, which stays the machine's, or over vsock.
   *
   * @param timeoutMillis how long the agent may take to listen on vsock
   * @param check called meanwhile; what it throws ends the wait
   * @throws SandboxException if it does not listen within the time
   */
  public static AgentClient of(
      EventLoop loop, VirtualMachine machine, long timeoutMillis, Runnable check) {
    return switch (machine.agent()) {
      case AgentEndpoint.Stream(Fd stream) -> new AgentClient(loop, stream, false);
      case AgentEndpoint.Vsock(long contextId) ->
          new AgentClient(
              loop, VsockDial.connect(loop, machine, contextId, timeoutMillis, check), true);
    };
  }

  /** Sends a request; the answer comes when it comes. */
  public <Q extends Message, R extends Message> void send(
      Method<Q, R> method, Q request, Callback<R> callback) {
    client.call(
        method,
        request,
        new ResponseHandler<R>() {
          @Override
          public void succeeded(R response) {
            callback.answered(response);
          }

          @Override
          public void failed(RpcException failure) {
            callback.failed(translate(failure));
          }
        });
  }

  /** A request that was sent, and whose answer is awaited later. */
  public final class Sent<R> {
    private final String method;
    private final Call<R> call;

    private Sent(String method, Call<R> call) {
      this.method = method;
      this.call = call;
    }

    /**
     * Waits for the answer, the loop turning meanwhile.
     *
     * @param timeoutMillis after which the agent is taken to hang
     * @param check called in each turn; what it throws ends the wait
     * @throws AgentException if the agent refuses, or does not answer in time, or is gone
     */
    public R await(long timeoutMillis, Runnable check) {
      return AgentClient.this.await(method, call, timeoutMillis, check);
    }
  }

  /** Sends a request. The agent begins with the next one when it has begun with this. */
  public <Q extends Message, R extends Message> Sent<R> send(Method<Q, R> method, Q request) {
    return new Sent<>(method.name(), client.call(method, request));
  }

  /** Sends a request and waits for its answer, see {@link Sent#await}. */
  public <Q extends Message, R extends Message> R await(
      Method<Q, R> method, Q request, long timeoutMillis, Runnable check) {
    return send(method, request).await(timeoutMillis, check);
  }

  private <R> R await(String method, Call<R> call, long timeoutMillis, Runnable check) {
    boolean answered =
        loop.runUntil(
            () -> {
              check.run();
              return call.isDone();
            },
            timeoutMillis);
    if (!answered) {
      call.cancel();
      throw new AgentException(
          Code.DEADLINE_EXCEEDED,
          "the guest did not answer " + method + " within " + timeoutMillis / 1000 + " s",
          null);
    }
    try {
      return call.result();
    } catch (RpcException e) {
      throw translate(e);
    }
  }

  private static AgentException translate(RpcException failure) {
    return new AgentException(failure.code(), plain(failure.getMessage()), failure);
  }

  /** What a guest says may be long, and hold what a terminal takes for commands. */
  private static String plain(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < Math.min(LONGEST_MESSAGE, text.length()); i++) {
      char c = text.charAt(i);
      plain.append(Character.isISOControl(c) ? ' ' : c);
    }
    return plain.toString();
  }

  /** Fails every request, now and later, because the agent is gone. */
  public void fail(String reason) {
    if (!closed) {
      closed = true;
      watch.close();
      pending.clear();
      client.close(new RpcException(Code.UNAVAILABLE, reason));
    }
  }

  private void ready(int events) {
    if ((events & EventLoop.WRITABLE) != 0) {
      flush();
    }
    if (!closed && (events & ~EventLoop.WRITABLE) != 0) {
      receive();
    }
  }

  private void receive() {
    int count;
    try {
      count = stream.read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ECONNRESET && e.errno() != Errno.EIO) {
        throw e;
      }
      count = 0;
    }
    if (count > 0) {
      client.receive(buffer, 0, count);
    } else if (count == 0) {
      // The machine's exit, which is noticed apart, says why; so wait for it rather than guess.
      watch.close();
    }
  }

  private void sendFrame(byte[] frame) {
    if (!closed) {
      boolean waits = !pending.isEmpty();
      pending.add(frame);
      if (!waits) {
        flush();
      }
    }
  }

  private void flush() {
    boolean all;
    try {
      all = pending.flush();
    } catch (LinuxException e) {
      if (!e.isOfPeersEnd()) {
        throw e;
      }
      pending.clear();
      return;
    }
    watch.interest(all ? EventLoop.READABLE : EventLoop.READABLE | EventLoop.WRITABLE);
  }

  @Override
  public void close() {
    fail("the sandbox was closed");
    if (ownsStream) {
      stream.close();
    }
  }
}
