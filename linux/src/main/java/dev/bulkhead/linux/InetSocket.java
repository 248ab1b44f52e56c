package dev.bulkhead.linux;

import java.util.Arrays;
import java.util.Optional;
import org.teavm.interop.Address;

/**
 * UDP and TCP over IPv4, in the network namespace that the process is in; see ip(7). None of these
 * sockets blocks.
 */
public final class InetSocket {
  private static final int AF_INET = 2;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int ADDRESS_SIZE = 16;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int BACKLOG = 64;

  private InetSocket() {}

  /**
   * An end of a conversation.
   *
   * @param address its bytes in order, the first one highest
   */
  public record Peer(int address, int port) {
    /** Of an address's four bytes. */
    public static Peer of(byte[] address, int port) {
      return new Peer(
          ((address[0] & 0xff) << 24)
              | ((address[1] & 0xff) << 16)
              | ((address[2] & 0xff) << 8)
              | (address[3] & 0xff),
          port);
    }

    @Override
    public String toString() {
      return (address >>> 24)
          + "."
          + ((address >> 16) & 0xff)
          + "."
          + ((address >> 8) & 0xff)
          + "."
          + (address & 0xff)
          + ":"
          + port;
    }
  }

  /** A datagram and whose it is. */
  public record Datagram(byte[] data, Peer sender) {}

  /** A socket that receives the datagrams sent to this end; port 0 lets the kernel choose one. */
  public static Fd receiver(Peer local) {
    return open(SOCK_DGRAM, "UDP " + local, fd -> bind(fd, local));
  }

  /** A socket whose datagrams go to, and come from, one other end. */
  public static Fd datagramsTo(Peer remote) {
    return open(SOCK_DGRAM, "UDP " + remote, fd -> connect(fd, remote));
  }

  /** A socket for {@link UnixSocket#accept}; port 0 lets the kernel choose one. */
  public static Fd listen(Peer local) {
    return open(
        SOCK_STREAM,
        "TCP " + local,
        fd -> {
          bind(fd, local);
          LinuxException.check(Libc.listen(fd.number(), BACKLOG), "listen", fd.name());
        });
  }

  /** A connection that is being made: it can be written when it is there, or cannot be. */
  public static Fd connect(Peer remote) {
    return open(SOCK_STREAM, "TCP " + remote, fd -> connect(fd, remote));
  }

  private interface Step {
    void take(Fd fd);
  }

  private static Fd open(int type, String name, Step step) {
    Fd fd =
        new Fd(
            LinuxException.check(
                Libc.socket(AF_INET, type | Open.O_CLOEXEC | SOCK_NONBLOCK, 0), "socket", name),
            name);
    try {
      step.take(fd);
      return fd;
    } catch (LinuxException e) {
      fd.close();
      throw e;
    }
  }

  private static void bind(Fd fd, Peer local) {
    try (NativeMemory address = encode(local)) {
      LinuxException.check(
          Libc.bind(fd.number(), address.address(), ADDRESS_SIZE), "bind", fd.name());
    }
  }

  private static void connect(Fd fd, Peer remote) {
    try (NativeMemory address = encode(remote)) {
      if (Libc.connect(fd.number(), address.address(), ADDRESS_SIZE) != 0) {
        int errno = Libc.errno();
        if (errno != Errno.EINPROGRESS) {
          throw new LinuxException("connect", fd.name(), errno);
        }
      }
    }
  }

  /** The port that a socket of this machine's has. */
  public static int localPort(Fd fd) {
    int[] length = {ADDRESS_SIZE};
    try (NativeMemory address = new NativeMemory(ADDRESS_SIZE)) {
      LinuxException.check(
          Libc.getsockname(fd.number(), address.address(), Address.ofData(length)),
          "getsockname",
          fd.name());
      return decode(address).port();
    }
  }

  /** The next datagram of at most {@code limit} bytes, cut there; empty if none waits. */
  public static Optional<Datagram> receive(Fd fd, int limit) {
    byte[] buffer = new byte[limit];
    int[] length = {ADDRESS_SIZE};
    try (NativeMemory address = new NativeMemory(ADDRESS_SIZE)) {
      long count =
          Libc.recvfrom(
              fd.number(),
              Address.ofData(buffer),
              limit,
              0,
              address.address(),
              Address.ofData(length));
      if (count < 0) {
        int errno = Libc.errno();
        if (errno == Errno.EAGAIN || errno == Errno.EINTR || errno == Errno.ECONNREFUSED) {
          return Optional.empty();
        }
        throw new LinuxException("recvfrom", fd.name(), errno);
      }
      return Optional.of(new Datagram(Arrays.copyOf(buffer, (int) count), decode(address)));
    }
  }

  /** Sends a datagram; as any of them, it may be lost. */
  public static void send(Fd fd, byte[] data, Peer receiver) {
    try (NativeMemory address = encode(receiver)) {
      Libc.sendto(
          fd.number(),
          Address.ofData(data),
          data.length,
          MSG_NOSIGNAL,
          address.address(),
          ADDRESS_SIZE);
    }
  }

  /** A struct sockaddr_in. */
  private static NativeMemory encode(Peer peer) {
    NativeMemory memory = new NativeMemory(ADDRESS_SIZE);
    memory.putShort(0, AF_INET);
    memory.putByte(2, peer.port() >> 8);
    memory.putByte(3, peer.port());
    for (int i = 0; i < 4; i++) {
      memory.putByte(4 + i, peer.address() >> (24 - 8 * i));
    }
    return memory;
  }

  private static Peer decode(NativeMemory memory) {
    int address = 0;
    for (int i = 0; i < 4; i++) {
      address = (address << 8) | memory.getByte(4 + i);
    }
    return new Peer(address, (memory.getByte(2) << 8) | memory.getByte(3));
  }
}
