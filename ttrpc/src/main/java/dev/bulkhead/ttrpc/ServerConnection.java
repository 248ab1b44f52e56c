package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.protobuf.ProtoWriter;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The called side of a connection.
 *
 * <p>A frame that is too large, of the wrong type, on a wrong stream or without a proper request in
 * it is answered with an error on its stream, and hurts no other.
 *
 * <p>Handlers are called from {@link #receive}. A handler may turn the event loop until {@link
 * #receive} is entered again: received bytes are taken in completely before the first handler runs.
 */
public final class ServerConnection {
  private final ServiceRegistry registry;
  private final FrameSink sink;
  private final Optional<Runnable> onRestart;
  private final FrameDecoder decoder = new FrameDecoder(new Incoming());
  private final Map<Integer, Responder<?>> inFlight = new HashMap<>();
  private final ArrayDeque<Runnable> calls = new ArrayDeque<>();
  private long lastStreamId;
  private boolean closed;

  /**
   * The server's end of a new connection.
   *
   * @param registry the methods that can be called
   * @param sink sends what the server says
   */
  public ServerConnection(ServiceRegistry registry, FrameSink sink) {
    this(registry, sink, Optional.empty());
  }

  private ServerConnection(ServiceRegistry registry, FrameSink sink, Optional<Runnable> onRestart) {
    this.registry = registry;
    this.sink = sink;
    this.onRestart = onRestart;
  }

  /**
   * The server's end of a line that does not always tell when another client has taken the place of
   * the last. A call with the first stream number tells it here: what was in flight is forgotten.
   *
   * @param onRestart told then; must not call back into the connection
   */
  public static ServerConnection overLine(
      ServiceRegistry registry, FrameSink sink, Runnable onRestart) {
    return new ServerConnection(registry, sink, Optional.of(onRestart));
  }

  /** Takes bytes that arrived, and calls the handlers of what they ask for. */
  public void receive(byte[] buffer, int offset, int length) {
    if (closed) {
      return;
    }
    decoder.receive(buffer, offset, length);
    for (Runnable call = calls.poll(); call != null; call = calls.poll()) {
      call.run();
    }
  }

  /** Ends the connection: nothing is sent or handled any more. */
  public void close() {
    closed = true;
    calls.clear();
    inFlight.clear();
  }

  /** How many calls wait for their answer. */
  public int callsInFlight() {
    return inFlight.size();
  }

  boolean awaits(Responder<?> responder) {
    return inFlight.get(responder.streamId()) == responder;
  }

  void respond(Responder<?> responder, Message response) {
    if (!awaits(responder)) {
      return;
    }
    ProtoWriter out = new ProtoWriter();
    Envelope.writeResponse(out, response);
    if (out.size() > Frame.MAX_DATA_LENGTH) {
      respond(
          responder,
          new RpcException(
              Code.RESOURCE_EXHAUSTED,
              "The answer of "
                  + responder.method()
                  + " has "
                  + out.size()
                  + " bytes, more than the 4 MiB of a frame."));
    } else {
      inFlight.remove(responder.streamId());
      sink.send(Frame.finish(out, responder.streamId(), Frame.RESPONSE));
    }
  }

  void respond(Responder<?> responder, RpcException failure) {
    if (awaits(responder)) {
      refuse(responder.streamId(), failure);
    }
  }

  /** Answers a stream with an error; what its handler says later, if there is one, is dropped. */
  private void refuse(int streamId, RpcException failure) {
    if (closed) {
      return;
    }
    inFlight.remove(streamId);
    ProtoWriter out = new ProtoWriter();
    Envelope.writeFailure(out, failure);
    sink.send(Frame.finish(out, streamId, Frame.RESPONSE));
  }

  private <Q extends Message, R extends Message> void handle(
      Handler<Q, R> handler, Q request, Responder<R> responder) {
    if (!awaits(responder)) {
      return;
    }
    try {
      handler.handle(request, responder);
    } catch (RpcException e) {
      if (responder.isAnswered()) {
        throw new IllegalStateException(
            "The handler of " + responder.method() + " answered and then failed.", e);
      }
      responder.fail(e);
    } catch (RuntimeException e) {
      if (responder.isAnswered()) {
        throw e;
      }
      responder.fail(
          new RpcException(Code.INTERNAL, responder.method() + " failed: " + describe(e), e));
    }
  }

  private static String describe(RuntimeException bug) {
    return bug.getMessage() == null ? bug.toString() : bug.getMessage();
  }

  private final class Incoming implements FrameDecoder.Receiver {
    @Override
    public void frame(int streamId, int type, int flags, byte[] buffer, int offset, int length) {
      if (closed) {
        return;
      }
      noticeRestart(streamId);
      try {
        if (type != Frame.REQUEST) {
          throw new RpcException(
              Code.INVALID_ARGUMENT,
              "A frame of type " + type + " came where only requests are taken.");
        }
        if ((flags & Frame.FLAG_REMOTE_OPEN) != 0) {
          throw new RpcException(Code.UNIMPLEMENTED, "Streaming requests are not supported.");
        }
        open(streamId);
        Envelope.Request request = Envelope.readRequest(new ProtoReader(buffer, offset, length));
        enqueue(streamId, registry.find(request.service(), request.method()), request.payload());
      } catch (RpcException e) {
        refuse(streamId, e);
      } catch (MalformedMessageException e) {
        refuse(
            streamId,
            new RpcException(
                Code.INVALID_ARGUMENT, "The request cannot be read: " + e.getMessage(), e));
      }
    }

    private void noticeRestart(int streamId) {
      if (streamId == 1 && lastStreamId > 0 && onRestart.isPresent()) {
        calls.clear();
        inFlight.clear();
        lastStreamId = 0;
        onRestart.get().run();
      }
    }

    private void open(int streamId) throws RpcException {
      long unsigned = streamId & 0xFFFFFFFFL;
      if (unsigned % 2 == 0) {
        throw new RpcException(
            Code.INVALID_ARGUMENT, "The stream number " + unsigned + " is not odd.");
      }
      if (unsigned <= lastStreamId) {
        throw new RpcException(
            Code.INVALID_ARGUMENT,
            "The stream number " + unsigned + " is not above the last, " + lastStreamId + ".");
      }
      lastStreamId = unsigned;
    }

    private <Q extends Message, R extends Message> void enqueue(
        int streamId, ServiceRegistry.Registration<Q, R> registration, ProtoReader payload)
        throws MalformedMessageException {
      Q request = registration.method().request().decode(payload);
      Responder<R> responder =
          new Responder<>(ServerConnection.this, registration.method(), streamId);
      inFlight.put(streamId, responder);
      calls.add(() -> handle(registration.handler(), request, responder));
    }

    @Override
    public void oversizedFrame(int streamId, int type, long length) {
      noticeRestart(streamId);
      lastStreamId = Math.max(lastStreamId, streamId & 0xFFFFFFFFL);
      refuse(
          streamId,
          new RpcException(
              Code.RESOURCE_EXHAUSTED,
              "The frame has " + length + " bytes, more than the 4 MiB of a frame."));
    }
  }
}
