package dev.bulkhead.agent.boot;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Uevents;
import java.util.Optional;

/** The virtio-serial port over which the host speaks to the agent. */
public final class HostPort {
  /** The port's name, as Kata's agent has it. */
  public static final String NAME = "agent.channel.0";

  private static final String PORTS = "/sys/class/virtio-ports";

  private HostPort() {}

  /**
   * Opens the port, waiting for its device if it is not there yet.
   *
   * @param timeoutMillis how long to wait
   * @return the port, non-blocking; empty if none came
   */
  public static Optional<Fd> await(EventLoop loop, long timeoutMillis) {
    Fd[] port = new Fd[1];
    // Listening begins before the first look, so that no port can come unseen in between.
    try (Uevents events =
        Uevents.listen(
            loop,
            properties -> {
              if (port[0] == null && "virtio-ports".equals(properties.get("SUBSYSTEM"))) {
                port[0] = find();
              }
            })) {
      port[0] = find();
      loop.runUntil(() -> port[0] != null, timeoutMillis);
    }
    return Optional.ofNullable(port[0]);
  }

  private static Fd find() {
    if (!Files.isDirectory(PORTS)) {
      return null;
    }
    for (String device : Files.list(PORTS)) {
      Optional<String> name = Files.readTextIfExists(PORTS + "/" + device + "/name");
      if (name.isPresent() && name.get().trim().equals(NAME) && Files.exists("/dev/" + device)) {
        return Files.open("/dev/" + device, Open.O_RDWR | Open.O_NONBLOCK);
      }
    }
    return null;
  }
}
