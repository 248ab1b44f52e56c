package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes the requests of commands: one for each connection. */
public final class MonitorServer implements AutoCloseable {
  private final EventLoop loop;
  private final Fd listener;
  private final Handler handler;
  private final EventLoop.Watch watch;
  private final List<Connection> connections = new ArrayList<>();

  /** Carries requests out. */
  public interface Handler {
    /**
     * Carries a request out.
     *
     * @param descriptors those that came with it; the handler's now
     * @param reply to be called once, now or later
     */
    void handle(MonitorRequest request, List<Fd> descriptors, Reply reply);
  }

  /** The answer to a request. */
  public interface Reply {
    void succeed(JsonObject answer);

    /** Why not, in one sentence. */
    void fail(String sentence);
  }

  /** Serves on a listening socket, which becomes the server's. */
  public MonitorServer(EventLoop loop, Fd listener, Handler handler) {
    this.loop = loop;
    this.listener = listener;
    this.handler = handler;
    this.watch = loop.watch(listener, EventLoop.READABLE, events -> accept());
  }

  private void accept() {
    Optional<Fd> accepted = UnixSocket.accept(listener);
    accepted.ifPresent(socket -> connections.add(new Connection(socket)));
  }

  private final class Connection implements Reply {
    private final Fd socket;
    private final Frame.Receiver receiver = new Frame.Receiver();
    private final EventLoop.Watch reading;

    Connection(Fd socket) {
      this.socket = socket;
      this.reading = loop.watch(socket, EventLoop.READABLE, events -> receive());
    }

    private void receive() {
      Frame.Message message;
      MonitorRequest request;
      try {
        Optional<Frame.Message> received = receiver.receive(socket);
        if (received.isEmpty()) {
          return;
        }
        message = received.get();
        request = MonitorRequest.fromJson(message.json());
      } catch (InvalidJsonException e) {
        receiver.discard();
        fail(e.getMessage());
        return;
      } catch (LinuxException e) {
        // The caller went away within its request.
        receiver.discard();
        close();
        return;
      }
      // What follows belongs to nobody, and the end is told by the answer.
      reading.close();
      handler.handle(request, message.descriptors(), this);
    }

    @Override
    public void succeed(JsonObject answer) {
      send(answer);
    }

    @Override
    public void fail(String sentence) {
      JsonObject answer = new JsonObject();
      answer.put("error", sentence);
      send(answer);
    }

    private void send(JsonObject answer) {
      if (!socket.isOpen()) {
        // The server was closed while the answer was awaited.
        return;
      }
      try {
        // An answer fits into the socket's buffer, so this does not wait for the reader.
        Frame.send(socket.setNonBlocking(false), answer, List.of());
      } catch (LinuxException e) {
        if (!e.isOfPeersEnd()) {
          throw e;
        }
      }
      close();
    }

    void close() {
      reading.close();
      socket.close();
      connections.remove(this);
    }
  }

  @Override
  public void close() {
    watch.close();
    listener.close();
    List.copyOf(connections).forEach(Connection::close);
  }
}
