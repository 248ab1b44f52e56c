package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Box;
import dev.bulkhead.runtime.container.ContainerException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A pseudo terminal whose master side belongs to the caller: it is sent over the console socket.
 * Its other side passes every byte on as it is, as the terminal that edits lines and echoes is the
 * guest's.
 */
final class Console implements AutoCloseable {
  private static final String PTMX = "/dev/ptmx";

  private final Fd master;
  private final Fd slave;

  private Console(Fd master, Fd slave) {
    this.master = master;
    this.slave = slave;
  }

  /** Makes a terminal of a size; one of 0 by 0 characters is not known yet. */
  static Console open(Box size) {
    Fd master = Terminal.openMaster(PTMX);
    try {
      Fd slave = Terminal.openSlave(master);
      Terminal.makeRaw(slave);
      if (size.height() > 0 && size.width() > 0) {
        Terminal.setSize(slave, new Terminal.Size(size.height(), size.width()));
      }
      return new Console(master, slave);
    } catch (LinuxException e) {
      master.close();
      throw e;
    }
  }

  /** The container's side. */
  Fd slave() {
    return slave;
  }

  /** Sends the caller's side, as runc does: its name, and with it the descriptor. */
  void send(String socketPath) {
    try (Fd socket = UnixSocket.connect(socketPath)) {
      UnixSocket.send(socket, PTMX.getBytes(StandardCharsets.UTF_8), List.of(master));
    } catch (LinuxException e) {
      throw new ContainerException(
          "the terminal cannot be sent to the console socket '" + socketPath + "': " + e.reason(),
          e);
    }
  }

  @Override
  public void close() {
    slave.close();
    master.close();
  }
}
