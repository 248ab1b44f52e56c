package dev.bulkhead.linux;

import org.teavm.interop.Address;

/** Stream sockets between a virtual machine and its host, see vsock(7). */
public final class Vsock {
  private static final int AF_VSOCK = 40;
  private static final int SOCK_STREAM = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ERROR = 4;
  private static final int VMADDR_CID_ANY = -1;
  private static final int ADDRESS_SIZE = 16;

  private Vsock() {}

  /** Listens on a port of this machine; connections are taken with {@link UnixSocket#accept}. */
  public static Fd listen(int port) {
    String name = "vsock port " + port;
    Fd fd = socket(name);
    int[] address = {AF_VSOCK, port, VMADDR_CID_ANY, 0};
    try {
      LinuxException.check(
          Libc.bind(fd.number(), Address.ofData(address), ADDRESS_SIZE), "bind", name);
      LinuxException.check(Libc.listen(fd.number(), 8), "listen", name);
      return fd.setNonBlocking(true);
    } catch (LinuxException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Begins to connect to a port of the machine with this context id.
   *
   * @return non-blocking; writable when it is decided, see {@link #isConnected}
   * @throws LinuxException if there is no such machine
   */
  public static Fd connect(long contextId, int port) {
    String name = "vsock " + contextId + " port " + port;
    Fd fd = socket(name).setNonBlocking(true);
    int[] address = {AF_VSOCK, port, (int) contextId, 0};
    int result = Libc.connect(fd.number(), Address.ofData(address), ADDRESS_SIZE);
    if (result != 0 && Libc.errno() != Errno.EINPROGRESS) {
      LinuxException failure = LinuxException.last("connect", name);
      fd.close();
      throw failure;
    }
    return fd;
  }

  /** Whether an attempt that is decided has succeeded. */
  public static boolean isConnected(Fd fd) {
    int[] error = new int[1];
    int[] length = {4};
    int result =
        Libc.getsockopt(
            fd.number(), SOL_SOCKET, SO_ERROR, Address.ofData(error), Address.ofData(length));
    LinuxException.check(result, "getsockopt", fd.name());
    return error[0] == 0;
  }

  private static Fd socket(String name) {
    int type = SOCK_STREAM | Open.O_CLOEXEC;
    return new Fd(LinuxException.check(Libc.socket(AF_VSOCK, type, 0), "socket", name), name);
  }
}
