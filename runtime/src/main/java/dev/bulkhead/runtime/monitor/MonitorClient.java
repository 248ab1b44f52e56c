package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.List;
import java.util.Optional;

/** A command's connection to a monitor, for one request. */
public final class MonitorClient implements AutoCloseable {
  private final EventLoop loop;
  private final Fd socket;

  MonitorClient(EventLoop loop, Fd socket) {
    this.loop = loop;
    this.socket = socket;
  }

  /** Connects to a container's monitor, if there is one. */
  public static Optional<MonitorClient> connect(EventLoop loop, ContainerDirectory directory) {
    return directory.connect().map(socket -> new MonitorClient(loop, socket));
  }

  /**
   * Asks and waits for the answer.
   *
   * @param descriptors copies go with the request
   * @throws ContainerException with the monitor's sentence if it refuses, or if it does not answer
   */
  public JsonObject call(MonitorRequest request, List<Fd> descriptors, long timeoutMillis) {
    try {
      Frame.send(socket, request.toJson(), descriptors);
    } catch (LinuxException e) {
      throw new ContainerException("the container's monitor ended: " + e.getMessage(), e);
    }
    return await(timeoutMillis);
  }

  /** Waits for a message that the monitor sends. */
  JsonObject await(long timeoutMillis) {
    Frame.Receiver receiver = new Frame.Receiver();
    JsonObject[] answer = new JsonObject[1];
    InvalidJsonException[] failure = new InvalidJsonException[1];
    boolean answered;
    try (EventLoop.Watch watch =
        loop.watch(
            socket,
            EventLoop.READABLE,
            events -> {
              try {
                receiver.receive(socket).ifPresent(message -> answer[0] = message.json());
              } catch (InvalidJsonException e) {
                failure[0] = e;
              }
            })) {
      answered = loop.runUntil(() -> answer[0] != null || failure[0] != null, timeoutMillis);
    } catch (LinuxException e) {
      throw new ContainerException("the container's monitor ended: " + e.getMessage(), e);
    }
    if (!answered) {
      throw new ContainerException(
          "the container's monitor did not answer within " + timeoutMillis / 1000 + " s");
    }
    if (failure[0] != null) {
      throw new ContainerException(
          "the container's monitor ended without an answer; the host may be out of memory, or it"
              + " was killed",
          failure[0]);
    }
    String error = answer[0].getString("error");
    if (error != null) {
      throw new ContainerException(error);
    }
    return answer[0];
  }

  @Override
  public void close() {
    socket.close();
  }
}
