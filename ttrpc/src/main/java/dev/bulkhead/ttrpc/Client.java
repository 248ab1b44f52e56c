package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.protobuf.ProtoWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The calling side of a connection. Any number of calls may be in flight; answers come in any
 * order.
 *
 * <p>What comes from the other side is not trusted: a bad answer fails the call that it belongs to,
 * one that belongs to no call is ignored, and neither hurts the rest.
 *
 * <p>Handlers are called from {@link #receive}, {@link #close} and {@link Call#fail}, and for a
 * call that cannot be sent from {@link #call} itself. A handler may call anything here, and may
 * turn the event loop until {@link #receive} is entered again: received bytes are taken in
 * completely before the first handler runs.
 */
public final class Client {
  private static final long LAST_STREAM_ID = 0xFFFFFFFFL;

  private final FrameSink sink;
  private final FrameDecoder decoder = new FrameDecoder(new Incoming());
  private final Map<Integer, Pending<?>> pending = new LinkedHashMap<>();
  private final ArrayDeque<Runnable> answers = new ArrayDeque<>();
  private long nextStreamId = 1;
  private RpcException closed;

  /**
   * A client of a new connection.
   *
   * @param sink sends what the client says
   */
  public Client(FrameSink sink) {
    this.sink = sink;
  }

  private record Pending<R extends Message>(Call<R> call, Method<?, R> method) {}

  /** Calls a method; the outcome is to be looked for in the call. */
  public <Q extends Message, R extends Message> Call<R> call(Method<Q, R> method, Q request) {
    return call(method, request, 0, Unheard.INSTANCE);
  }

  /** Calls a method; the handler is told the outcome. */
  public <Q extends Message, R extends Message> Call<R> call(
      Method<Q, R> method, Q request, ResponseHandler<? super R> handler) {
    return call(method, request, 0, handler);
  }

  /**
   * Calls a method and tells the callee how long the caller is going to wait. To give up after that
   * time is still up to the caller, with {@link Call#fail}.
   *
   * @param timeoutNanos nanoseconds; 0 is for ever
   */
  public <Q extends Message, R extends Message> Call<R> call(
      Method<Q, R> method, Q request, long timeoutNanos, ResponseHandler<? super R> handler) {
    Call<R> call = new Call<>(this, method, (int) nextStreamId, handler);
    if (closed != null) {
      call.fail(closed);
      return call;
    }
    if (nextStreamId > LAST_STREAM_ID) {
      call.fail(
          new RpcException(
              Code.UNAVAILABLE,
              "The connection has used up its stream numbers. Open a new one to call "
                  + method
                  + "."));
      return call;
    }
    ProtoWriter out = new ProtoWriter();
    Envelope.writeRequest(out, method, request, timeoutNanos);
    if (out.size() > Frame.MAX_DATA_LENGTH) {
      call.fail(tooLarge("The request", method, out.size()));
      return call;
    }
    nextStreamId += 2;
    pending.put(call.streamId(), new Pending<>(call, method));
    sink.send(Frame.finish(out, call.streamId(), Frame.REQUEST));
    return call;
  }

  /** Takes bytes that arrived, and tells the handlers of the calls that they answer. */
  public void receive(byte[] buffer, int offset, int length) {
    decoder.receive(buffer, offset, length);
    for (Runnable answer = answers.poll(); answer != null; answer = answers.poll()) {
      answer.run();
    }
  }

  /**
   * Ends the client: every call in flight fails, and so does every later one.
   *
   * @param cause why, for instance that the guest is gone; only the first is kept
   */
  public void close(RpcException cause) {
    if (closed != null) {
      return;
    }
    closed = cause;
    List<Pending<?>> failed = new ArrayList<>(pending.values());
    pending.clear();
    for (Pending<?> each : failed) {
      each.call().fail(cause);
    }
  }

  /** How many calls are in flight. */
  public int callsInFlight() {
    return pending.size();
  }

  void forget(int streamId) {
    pending.remove(streamId);
  }

  private static RpcException tooLarge(String what, Method<?, ?> method, long length) {
    return new RpcException(
        Code.RESOURCE_EXHAUSTED,
        what + " of " + method + " has " + length + " bytes, more than the 4 MiB of a frame.");
  }

  private final class Incoming implements FrameDecoder.Receiver {
    @Override
    public void frame(int streamId, int type, int flags, byte[] buffer, int offset, int length) {
      Pending<?> call = pending.remove(streamId);
      if (call != null) {
        answers.add(answer(call, type, new ProtoReader(buffer, offset, length)));
      }
    }

    private <R extends Message> Runnable answer(Pending<R> pending, int type, ProtoReader in) {
      Call<R> call = pending.call();
      Method<?, R> method = pending.method();
      if (type != Frame.RESPONSE) {
        return () ->
            call.fail(
                new RpcException(
                    Code.INTERNAL,
                    method + " was answered with a frame of type " + type + ", not a response."));
      }
      try {
        Envelope.Response response = Envelope.readResponse(in);
        if (response.status().code() != Code.OK.number()) {
          RpcException failure =
              new RpcException(Code.of(response.status().code()), response.status().message());
          return () -> call.fail(failure);
        }
        R message = method.response().decode(response.payload());
        return () -> call.succeed(message);
      } catch (MalformedMessageException e) {
        return () ->
            call.fail(
                new RpcException(
                    Code.INTERNAL,
                    "The answer of " + method + " cannot be read: " + e.getMessage(),
                    e));
      }
    }

    @Override
    public void oversizedFrame(int streamId, int type, long length) {
      Pending<?> call = pending.remove(streamId);
      if (call != null) {
        answers.add(() -> call.call().fail(tooLarge("The answer", call.method(), length)));
      }
    }
  }

  /** For calls whose outcome is looked for instead. */
  private enum Unheard implements ResponseHandler<Object> {
    INSTANCE;

    @Override
    public void succeeded(Object response) {}

    @Override
    public void failed(RpcException failure) {}
  }
}
