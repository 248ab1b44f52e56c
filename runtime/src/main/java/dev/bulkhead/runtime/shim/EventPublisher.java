package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.shimapi.EventEnvelope;
import dev.bulkhead.shimapi.Events;
import dev.bulkhead.shimapi.ForwardRequest;
import dev.bulkhead.ttrpc.Call;
import dev.bulkhead.ttrpc.Client;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.ResponseHandler;
import dev.bulkhead.ttrpc.RpcException;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Tells containerd what happens, one event after another: the next is sent when the last one is
 * taken, because their order is part of the contract. While containerd is away (it may be upgraded)
 * an event is tried some times and then dropped, as containerd asks for all states when it is back.
 */
final class EventPublisher implements AutoCloseable {
  private static final long ANSWER_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 1_000;
  private static final int TRIES = 5;
  private static final int MOST_WAITING = 2048;

  private final EventLoop loop;
  private final String address;
  private final String namespace;
  private final ShimLog log;
  private final ArrayDeque<EventEnvelope> waiting = new ArrayDeque<>();
  private final byte[] buffer = new byte[4096];
  private Optional<Connection> connection = Optional.empty();
  private boolean sending;
  private int failures;

  private record Connection(Fd socket, Client client, EventLoop.Watch watch) {}

  /**
   * A publisher.
   *
   * @param address the path of the socket that takes events
   */
  EventPublisher(EventLoop loop, String address, String namespace, ShimLog log) {
    this.loop = loop;
    this.address = address;
    this.namespace = namespace;
    this.log = log;
  }

  /**
   * Publishes an event.
   *
   * @param topic as /tasks/exit
   * @param name of the event's type, as TaskExit
   */
  void publish(String topic, String name, Message event) {
    if (waiting.size() == MOST_WAITING) {
      log.warn("containerd does not take events; one on " + topic + " is dropped");
      return;
    }
    waiting.add(
        new EventEnvelope(
            Times.timestamp(Clock.realtimeNanos()),
            namespace,
            topic,
            new Any("containerd.events." + name, event.encode())));
    next();
  }

  /** Whether all events are taken. */
  boolean isIdle() {
    return waiting.isEmpty();
  }

  private void next() {
    if (sending || waiting.isEmpty()) {
      return;
    }
    sending = true;
    if (connection.isEmpty()) {
      connection = connect();
    }
    if (connection.isEmpty()) {
      failed("nobody listens at '" + address + "'");
      return;
    }
    Call<Empty> call =
        connection
            .get()
            .client()
            .call(
                Events.FORWARD,
                new ForwardRequest(waiting.peek()),
                new ResponseHandler<Empty>() {
                  @Override
                  public void succeeded(Empty response) {
                    taken();
                  }

                  @Override
                  public void failed(RpcException failure) {
                    disconnect();
                    EventPublisher.this.failed(failure.getMessage());
                  }
                });
    loop.schedule(
        ANSWER_MILLIS,
        () -> call.fail(new RpcException(Code.DEADLINE_EXCEEDED, "containerd does not answer")));
  }

  private void taken() {
    failures = 0;
    sending = false;
    waiting.remove();
    next();
  }

  private void failed(String reason) {
    failures++;
    if (failures >= TRIES) {
      log.warn("an event on " + waiting.peek().topic() + " is dropped: " + reason);
      waiting.remove();
      failures = 0;
    }
    loop.schedule(
        RETRY_MILLIS,
        () -> {
          sending = false;
          next();
        });
  }

  private Optional<Connection> connect() {
    Optional<Fd> connected;
    try {
      connected = UnixSocket.connectIfListening(address);
    } catch (LinuxException e) {
      log.warn("containerd cannot be told events: " + e.getMessage());
      return Optional.empty();
    }
    return connected.map(
        socket ->
            new Connection(
                socket.setNonBlocking(true),
                new Client(frame -> send(socket, frame)),
                loop.watch(socket, EventLoop.READABLE, events -> receive())));
  }

  /** One small frame is in flight at a time, so a socket that lives takes it whole. */
  private void send(Fd socket, byte[] frame) {
    try {
      if (socket.sendWithoutBlocking(frame, 0, frame.length) != frame.length) {
        loop.post(this::lost);
      }
    } catch (LinuxException e) {
      if (!e.isOfPeersEnd()) {
        throw e;
      }
      loop.post(this::lost);
    }
  }

  private void receive() {
    if (connection.isEmpty()) {
      return;
    }
    int count;
    try {
      count = connection.get().socket().read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ECONNRESET) {
        throw e;
      }
      count = 0;
    }
    if (count > 0) {
      connection.get().client().receive(buffer, 0, count);
    } else if (count == 0) {
      lost();
    }
  }

  /** What is in flight fails, and with it the connection is let go. */
  private void lost() {
    Optional<Connection> gone = connection;
    disconnect();
    gone.ifPresent(c -> c.client().close(new RpcException(Code.UNAVAILABLE, "containerd is away")));
  }

  private void disconnect() {
    connection.ifPresent(
        c -> {
          c.watch().close();
          c.socket().close();
        });
    connection = Optional.empty();
  }

  @Override
  public void close() {
    disconnect();
  }
}
