package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.teavm.interop.Address;

/** The kernel's announcements of devices that come and go (netlink, NETLINK_KOBJECT_UEVENT). */
public final class Uevents implements AutoCloseable {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_DGRAM = 2;
  private static final int NETLINK_KOBJECT_UEVENT = 15;
  private static final int KERNEL_GROUP = 1;

  private final Fd socket;
  private final EventLoop.Watch watch;

  private Uevents(Fd socket, EventLoop.Watch watch) {
    this.socket = socket;
    this.watch = watch;
  }

  /**
   * Receives an announcement: ACTION, SUBSYSTEM, DEVPATH, DEVNAME and what else the kernel adds.
   */
  public interface Handler {
    void announced(Map<String, String> properties);
  }

  /** Begins to listen; what was announced before is not repeated. */
  public static Uevents listen(EventLoop loop, Handler handler) {
    int type = SOCK_DGRAM | Open.O_CLOEXEC | Open.O_NONBLOCK;
    Fd socket =
        new Fd(
            LinuxException.check(
                Libc.socket(AF_NETLINK, type, NETLINK_KOBJECT_UEVENT), "socket", "uevents"),
            "uevents");
    int[] address = {AF_NETLINK, 0, KERNEL_GROUP};
    LinuxException.check(
        Libc.bind(socket.number(), Address.ofData(address), 12), "bind", "uevents");
    byte[] buffer = new byte[8192];
    EventLoop.Watch watch =
        loop.watch(
            socket,
            EventLoop.READABLE,
            events -> {
              int length = receive(socket, buffer);
              while (length >= 0) {
                handler.announced(parse(buffer, length));
                // Who has heard enough may have closed this.
                length = socket.isOpen() ? receive(socket, buffer) : -1;
              }
            });
    return new Uevents(socket, watch);
  }

  /** The length of the next message; 0 if some were lost, negative if there is none. */
  private static int receive(Fd socket, byte[] buffer) {
    try {
      int length = socket.read(buffer, 0, buffer.length);
      return length > 0 ? length : -1;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOBUFS) {
        return 0;
      }
      throw e;
    }
  }

  private static Map<String, String> parse(byte[] message, int length) {
    Map<String, String> properties = new LinkedHashMap<>();
    int start = 0;
    for (int i = 0; i < length; i++) {
      if (message[i] == 0) {
        String line = new String(message, start, i - start, StandardCharsets.UTF_8);
        int equals = line.indexOf('=');
        if (equals > 0) {
          properties.put(line.substring(0, equals), line.substring(equals + 1));
        }
        start = i + 1;
      }
    }
    return properties;
  }

  @Override
  public void close() {
    watch.close();
    socket.close();
  }
}
