package dev.bulkhead.linux;

import org.teavm.interop.Address;

/** Network interfaces of this namespace. */
public final class Network {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int SIOCGIFFLAGS = 0x8913;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final int IFF_UP = 1;
  private static final int IFREQ_SIZE = 40;
  private static final int NAME_SIZE = 16;

  private Network() {}

  /** Switches an interface on; the loopback gets its addresses by that. */
  public static void bringUp(String name) {
    try (Fd socket =
            new Fd(
                LinuxException.check(
                    Libc.socket(AF_INET, SOCK_DGRAM | Open.O_CLOEXEC, 0), "socket", name),
                name);
        NativeMemory request = new NativeMemory(IFREQ_SIZE)) {
      byte[] bytes = CString.of(name);
      if (bytes.length > NAME_SIZE) {
        throw new LinuxException("ioctl", name, Errno.ENODEV);
      }
      request.put(0, bytes, 0, bytes.length);
      Address address = request.address();
      LinuxException.check(Libc.ioctl(socket.number(), SIOCGIFFLAGS, address), "ioctl", name);
      request.putShort(NAME_SIZE, request.getShort(NAME_SIZE) | IFF_UP);
      LinuxException.check(Libc.ioctl(socket.number(), SIOCSIFFLAGS, address), "ioctl", name);
    }
  }
}
