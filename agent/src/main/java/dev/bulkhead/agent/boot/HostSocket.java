package dev.bulkhead.agent.boot;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.linux.Vsock;
import java.util.Optional;
import java.util.function.Consumer;

/** The vsock port on which the agent listens where the machine has a vsock device. */
public final class HostSocket {
  /** The port, as Kata's agent has it. */
  public static final int PORT = 1024;

  private static final String DEVICES = "/sys/bus/virtio/devices";
  private static final String VSOCK_DEVICE_ID = "0x0013";

  private HostSocket() {}

  /** Whether the machine has a vsock device. */
  public static boolean isAvailable() {
    if (!Files.isDirectory(DEVICES)) {
      return false;
    }
    for (String device : Files.list(DEVICES)) {
      Optional<String> id = Files.readTextIfExists(DEVICES + "/" + device + "/device");
      if (id.isPresent() && id.get().trim().equals(VSOCK_DEVICE_ID)) {
        return true;
      }
    }
    return false;
  }

  /** Listens for ever; each connection, non-blocking, becomes the receiver's. */
  public static void listen(EventLoop loop, KernelModules modules, Consumer<Fd> receiver) {
    modules.load("vmw_vsock_virtio_transport");
    Fd listener = Vsock.listen(PORT);
    loop.watch(
        listener,
        EventLoop.READABLE,
        events -> {
          Optional<Fd> connection = UnixSocket.accept(listener);
          while (connection.isPresent()) {
            receiver.accept(connection.get());
            connection = UnixSocket.accept(listener);
          }
        });
  }
}
