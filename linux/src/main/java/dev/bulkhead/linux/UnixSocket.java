package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.teavm.interop.Address;

/** Stream sockets of the machine itself, by path or as a pair; see unix(7). */
public final class UnixSocket {
  /** The most descriptors that Linux passes with a message. */
  public static final int MAX_DESCRIPTORS = 253;

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_SEQPACKET = 5;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int PATH_LIMIT = 107;
  private static final int MESSAGE_HEADER_SIZE = 56;
  private static final int CONTROL_HEADER_SIZE = 16;

  private UnixSocket() {}

  /** Bytes received and the descriptors that came with them, which are the receiver's now. */
  public record Received(byte[] data, List<Fd> descriptors) {}

  /** Connects to a listening socket. The answer blocks until it is told otherwise. */
  public static Fd connect(String path) {
    Fd fd = socket(path);
    try (NativeMemory address = address(path)) {
      int result = Libc.connect(fd.number(), address.address(), address.size());
      if (result != 0) {
        LinuxException failure = LinuxException.last("connect", path);
        fd.close();
        throw failure;
      }
      return fd;
    }
  }

  /** As {@link #connect}, or empty if nobody listens there (yet, or any more). */
  public static Optional<Fd> connectIfListening(String path) {
    try {
      return Optional.of(connect(path));
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT
          || e.errno() == Errno.ECONNREFUSED
          || e.errno() == Errno.EAGAIN) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Makes a listening socket of mode 0600 that does not block; the path must not exist. */
  public static Fd listen(String path) {
    Fd fd = socket(path);
    try (NativeMemory address = address(path)) {
      LinuxException.check(Libc.bind(fd.number(), address.address(), address.size()), "bind", path);
      Files.changeMode(path, 0600);
      LinuxException.check(Libc.listen(fd.number(), 64), "listen", path);
      return fd.setNonBlocking(true);
    } catch (LinuxException e) {
      fd.close();
      throw e;
    }
  }

  /** The next connection, non-blocking, or empty if none waits. */
  public static Optional<Fd> accept(Fd listener) {
    int fd =
        Libc.accept4(
            listener.number(),
            Address.fromInt(0),
            Address.fromInt(0),
            SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      return Optional.of(new Fd(fd, "connection to " + listener.name()));
    }
    int errno = Libc.errno();
    if (errno == Errno.EAGAIN || errno == Errno.EINTR || errno == 103) {
      return Optional.empty();
    }
    throw new LinuxException("accept", listener.name(), errno);
  }

  /** Two connected sockets, which block. */
  public static List<Fd> pair(String name) {
    return pair(SOCK_STREAM, name);
  }

  /** Two connected sockets, which block; what is read is what was written at once. */
  public static List<Fd> messagePair(String name) {
    return pair(SOCK_SEQPACKET, name);
  }

  private static List<Fd> pair(int type, String name) {
    int[] ends = new int[2];
    LinuxException.check(
        Libc.socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, Address.ofData(ends)), "socketpair", name);
    return List.of(new Fd(ends[0], name), new Fd(ends[1], name));
  }

  /** The user id of the process that connected. */
  public static int peerUser(Fd connection) {
    return peer(connection)[1];
  }

  /** The id of the process that listens where this one connected. */
  public static int peerProcess(Fd connection) {
    return peer(connection)[0];
  }

  /** A struct ucred. */
  private static int[] peer(Fd connection) {
    int[] credentials = new int[3];
    int[] length = {12};
    LinuxException.check(
        Libc.getsockopt(
            connection.number(),
            SOL_SOCKET,
            SO_PEERCRED,
            Address.ofData(credentials),
            Address.ofData(length)),
        "getsockopt",
        connection.name());
    return credentials;
  }

  /** Tells the peer that no more will be sent. */
  public static void finishSending(Fd connection) {
    Libc.shutdown(connection.number(), 1);
  }

  /** Sends a small message, not empty, with copies of descriptors. */
  public static void send(Fd connection, byte[] data, List<Fd> descriptors) {
    int controlSize = descriptors.isEmpty() ? 0 : CONTROL_HEADER_SIZE + align(descriptors.size());
    try (NativeMemory message = new NativeMemory(MESSAGE_HEADER_SIZE + 16);
        NativeMemory body = new NativeMemory(data.length);
        NativeMemory control = new NativeMemory(controlSize)) {
      body.put(0, data, 0, data.length);
      fill(message, body, data.length, control, controlSize);
      if (controlSize > 0) {
        control.putLong(0, CONTROL_HEADER_SIZE + 4L * descriptors.size());
        control.putInt(8, SOL_SOCKET);
        control.putInt(12, SCM_RIGHTS);
        for (int i = 0; i < descriptors.size(); i++) {
          control.putInt(CONTROL_HEADER_SIZE + 4 * i, descriptors.get(i).number());
        }
      }
      long sent = Libc.sendmsg(connection.number(), message.address(), MSG_NOSIGNAL);
      LinuxException.check(sent, "sendmsg", connection.name());
      if (sent != data.length) {
        throw new LinuxException("sendmsg", connection.name(), Errno.EAGAIN);
      }
    }
  }

  /**
   * Receives up to {@code limit} bytes and up to {@value #MAX_DESCRIPTORS} descriptors; no bytes
   * mean the end.
   */
  public static Received receive(Fd connection, int limit) {
    int controlSize = CONTROL_HEADER_SIZE + align(MAX_DESCRIPTORS);
    try (NativeMemory message = new NativeMemory(MESSAGE_HEADER_SIZE + 16);
        NativeMemory body = new NativeMemory(limit);
        NativeMemory control = new NativeMemory(controlSize)) {
      fill(message, body, limit, control, controlSize);
      long count = Libc.recvmsg(connection.number(), message.address(), MSG_CMSG_CLOEXEC);
      LinuxException.check(count, "recvmsg", connection.name());
      byte[] data = new byte[(int) count];
      body.get(0, data, 0, data.length);
      List<Fd> descriptors = new ArrayList<>();
      long controlLength = message.getLong(40);
      if (controlLength >= CONTROL_HEADER_SIZE
          && control.getInt(8) == SOL_SOCKET
          && control.getInt(12) == SCM_RIGHTS) {
        long end = Math.min(control.getLong(0), controlLength);
        for (int offset = CONTROL_HEADER_SIZE; offset + 4 <= end; offset += 4) {
          descriptors.add(new Fd(control.getInt(offset), "from " + connection.name()));
        }
      }
      return new Received(data, List.copyOf(descriptors));
    }
  }

  private static void fill(
      NativeMemory message, NativeMemory body, int length, NativeMemory control, int controlSize) {
    // struct msghdr, then the one iovec it points to.
    message.putPointer(16, message.at(MESSAGE_HEADER_SIZE, 16));
    message.putLong(24, 1);
    if (controlSize > 0) {
      message.putPointer(32, control.address());
      message.putLong(40, controlSize);
    }
    message.putPointer(MESSAGE_HEADER_SIZE, body.address());
    message.putLong(MESSAGE_HEADER_SIZE + 8, length);
  }

  private static int align(int descriptors) {
    return (descriptors * 4 + 7) / 8 * 8;
  }

  private static Fd socket(String name) {
    int fd = Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return new Fd(LinuxException.check(fd, "socket", name), name);
  }

  private static NativeMemory address(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > PATH_LIMIT) {
      throw new LinuxException("connect", path, Errno.ENAMETOOLONG);
    }
    NativeMemory address = new NativeMemory(2 + bytes.length + 1);
    address.putShort(0, AF_UNIX);
    address.put(2, bytes, 0, bytes.length);
    return address;
  }
}
