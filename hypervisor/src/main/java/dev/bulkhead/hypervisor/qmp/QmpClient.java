package dev.bulkhead.hypervisor.qmp;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.UnixSocket;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/** A QMP conversation over a socket in the event loop. It owns the socket. */
public final class QmpClient implements AutoCloseable {
  private final EventLoop loop;
  private final Fd socket;
  private final EventLoop.Watch watch;
  private final QmpProtocol protocol;
  private final ArrayDeque<byte[]> unsent = new ArrayDeque<>();
  private final byte[] buffer = new byte[4096];
  private int sentOfFirst;
  // Goes with the next bytes that are sent.
  private Optional<Fd> attached = Optional.empty();

  /**
   * Begins to talk, or goes on.
   *
   * @param socket connected to QEMU's monitor of control mode; this object's from now on
   * @param greeted whether another one began the conversation, see {@link #release}
   */
  public QmpClient(EventLoop loop, Fd socket, boolean greeted, QmpProtocol.Listener listener) {
    this.loop = loop;
    this.socket = socket.setNonBlocking(true);
    QmpProtocol.Listener posted = new PostedListener(listener);
    this.protocol =
        greeted ? QmpProtocol.goOn(this::send, posted) : QmpProtocol.begin(this::send, posted);
    this.watch = loop.watch(socket, EventLoop.READABLE, this::ready);
  }

  /** Sends a command; {@code reply} is told in a later turn of the loop. */
  public void execute(String command, JsonObject arguments, QmpProtocol.Reply reply) {
    protocol.execute(command, arguments, new PostedReply(reply));
  }

  /**
   * Sends a command and awaits its answer, the loop turning meanwhile.
   *
   * @throws QmpException if QEMU refuses, or does not answer within the time
   */
  public Object call(String command, JsonObject arguments, long timeoutMillis) throws QmpException {
    Awaited awaited = new Awaited();
    protocol.execute(command, arguments, awaited);
    if (!loop.runUntil(() -> awaited.answered, timeoutMillis)) {
      throw new QmpException(
          command, QmpException.NO_ANSWER, "no answer within " + timeoutMillis + " ms");
    }
    if (awaited.failure != null) {
      throw awaited.failure;
    }
    return awaited.value;
  }

  /**
   * Gives QEMU a copy of a descriptor under a name, as "getfd".
   *
   * @throws QmpException if QEMU refuses, or does not answer within the time
   */
  public void giveDescriptor(String name, Fd descriptor, long timeoutMillis) throws QmpException {
    JsonObject arguments = new JsonObject();
    arguments.put("fdname", name);
    attached = Optional.of(descriptor);
    call("getfd", arguments, timeoutMillis);
  }

  /**
   * Gives QEMU a copy of a descriptor as the one of a set, which it opens by "/dev/fdset/" and the
   * set's number, as "add-fd".
   *
   * @throws QmpException if QEMU refuses, or does not answer within the time
   */
  public void giveDescriptor(int set, Fd descriptor, long timeoutMillis) throws QmpException {
    JsonObject arguments = new JsonObject();
    arguments.put("fdset-id", set);
    attached = Optional.of(descriptor);
    call("add-fd", arguments, timeoutMillis);
  }

  // Callers may turn the loop in what they are told, which would let bytes that come later overtake
  // those that the protocol is still working on; so they are told when it is done with them.
  private final class PostedReply implements QmpProtocol.Reply {
    private final QmpProtocol.Reply reply;

    private PostedReply(QmpProtocol.Reply reply) {
      this.reply = reply;
    }

    @Override
    public void done(Object value) {
      loop.post(() -> reply.done(value));
    }

    @Override
    public void failed(QmpException failure) {
      loop.post(() -> reply.failed(failure));
    }
  }

  private final class PostedListener implements QmpProtocol.Listener {
    private final QmpProtocol.Listener listener;

    private PostedListener(QmpProtocol.Listener listener) {
      this.listener = listener;
    }

    @Override
    public void event(String name, JsonObject data) {
      loop.post(() -> listener.event(name, data));
    }

    @Override
    public void ended(String reason) {
      loop.post(() -> listener.ended(reason));
    }
  }

  private static final class Awaited implements QmpProtocol.Reply {
    private boolean answered;
    private Object value;
    private QmpException failure;

    @Override
    public void done(Object newValue) {
      answered = true;
      value = newValue;
    }

    @Override
    public void failed(QmpException newFailure) {
      answered = true;
      failure = newFailure;
    }
  }

  private void send(byte[] bytes) {
    unsent.add(bytes);
    flush();
  }

  private void flush() {
    try {
      while (!unsent.isEmpty()) {
        byte[] first = unsent.peek();
        if (attached.isPresent()) {
          UnixSocket.send(socket, first, List.of(attached.get()));
          attached = Optional.empty();
          unsent.remove();
          continue;
        }
        int count = socket.sendWithoutBlocking(first, sentOfFirst, first.length - sentOfFirst);
        if (count == Fd.WOULD_BLOCK) {
          break;
        }
        sentOfFirst += count;
        if (sentOfFirst == first.length) {
          unsent.remove();
          sentOfFirst = 0;
        }
      }
      watch.interest(
          unsent.isEmpty() ? EventLoop.READABLE : EventLoop.READABLE | EventLoop.WRITABLE);
    } catch (LinuxException e) {
      unsent.clear();
      end(e.getMessage());
    }
  }

  private void ready(int events) {
    if ((events & EventLoop.WRITABLE) != 0) {
      flush();
    }
    if ((events & ~EventLoop.WRITABLE) != 0 && socket.isOpen()) {
      receive();
    }
  }

  private void receive() {
    try {
      // One buffer a turn: a QEMU that never stops talking must not keep the loop to itself.
      int count = socket.read(buffer, 0, buffer.length);
      if (count == 0) {
        end("QEMU closed the connection");
      } else if (count > 0) {
        protocol.receive(buffer, 0, count);
      }
    } catch (LinuxException e) {
      end(e.getMessage());
    }
  }

  private void end(String reason) {
    watch.close();
    protocol.end(reason);
  }

  /** Lets another one go on with the conversation, over the socket that this answers. */
  public Fd release() {
    watch.close();
    return socket;
  }

  /** Ends the conversation; open commands fail. */
  @Override
  public void close() {
    watch.close();
    protocol.end("the connection was closed");
    socket.close();
  }
}
