package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.teavm.interop.Address;

/** The network of the namespace that this process is in; more of it by {@code netlink}. */
public final class Network {
  private static final int AF_INET = 2;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int NETLINK_ROUTE = 0;
  private static final int NETLINK_ADDRESS_SIZE = 12;
  private static final int SOCK_DGRAM = 2;
  private static final int SIOCGIFFLAGS = 0x8913;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final int IFF_UP = 1;
  private static final int IFREQ_SIZE = 40;
  private static final int NAME_SIZE = 16;
  private static final String TUN_DEVICE = "/dev/net/tun";
  private static final int TUNSETIFF = 0x400454ca;
  private static final int TUNGETIFF = 0x800454d2;
  private static final int TUNGETVNETHDRSZ = 0x800454d7;
  private static final int TUNSETQUEUE = 0x400454d9;
  private static final int IFF_DETACH_QUEUE = 0x400;
  private static final int TUNGETDEVNETNS = 0x54e3;
  private static final int IFF_TAP = 0x2;
  private static final int IFF_NO_PI = 0x1000;
  private static final int IFF_MULTI_QUEUE = 0x100;
  private static final int IFF_VNET_HDR = 0x4000;
  private static final int IFF_TUN_EXCL = 0x8000;

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

  /**
   * A socket to the kernel's network, see rtnetlink(7).
   *
   * @param groups bits of the kinds of changes that it is told of
   */
  public static Fd routeSocket(int groups) {
    Fd socket =
        new Fd(
            LinuxException.check(
                Libc.socket(AF_NETLINK, SOCK_RAW | Open.O_CLOEXEC, NETLINK_ROUTE),
                "socket",
                "rtnetlink"),
            "rtnetlink");
    int[] address = {AF_NETLINK, 0, groups};
    if (Libc.bind(socket.number(), Address.ofData(address), NETLINK_ADDRESS_SIZE) != 0) {
      LinuxException failure = LinuxException.last("bind", "rtnetlink");
      socket.close();
      throw failure;
    }
    return socket;
  }

  /**
   * Makes an Ethernet interface whose other side is the answered descriptors: what the interface
   * sends is read there, each frame behind a virtio-net header. It vanishes when the last copy of
   * them is closed. It stays in this namespace.
   *
   * @param name one that no interface has
   * @param queues how many descriptors share its frames
   */
  public static List<Fd> createTap(String name, int queues) {
    int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0);
    List<Fd> taps = new ArrayList<>();
    try {
      for (int i = 0; i < queues; i++) {
        taps.add(openTap(name, i == 0 ? flags | IFF_TUN_EXCL : flags));
      }
      return taps;
    } catch (LinuxException e) {
      taps.forEach(Fd::close);
      throw e;
    }
  }

  /**
   * Opens the other side of a macvtap of the network namespace that this process is in, as {@link
   * #createTap} answers that of a tap. The macvtap stays when they are closed.
   *
   * @param index the interface's
   * @param queues how many descriptors share its frames
   */
  public static List<Fd> openMacvtap(int index, int queues) {
    int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0);
    List<Fd> taps = new ArrayList<>();
    // Its node in /dev need not be there, and only the namespace's own sysfs knows its number.
    try (DetachedMount system = DetachedMount.create("sysfs", "sysfs", List.of(), 0);
        DetachedMount devices = DetachedMount.create("tmpfs", "macvtap", List.of(), 0)) {
      String name = "tap" + index;
      String number =
          Files.readText(system.top().procPath() + "/class/macvtap/" + name + "/dev").trim();
      int colon = number.indexOf(':');
      String node = devices.top().procPath() + "/" + name;
      Files.makeNode(
          node,
          FileStatus.CHARACTER_DEVICE | 0600,
          Integer.parseInt(number.substring(0, colon)),
          Integer.parseInt(number.substring(colon + 1)));
      for (int i = 0; i < queues; i++) {
        taps.add(setTap(Files.open(node, Open.O_RDWR | Open.O_NONBLOCK), name, flags));
      }
      return taps;
    } catch (LinuxException e) {
      taps.forEach(Fd::close);
      throw e;
    }
  }

  /** The name that a tap's interface has now, in the namespace that it is in now. */
  public static String tapName(Fd tap) {
    try (NativeMemory request = new NativeMemory(IFREQ_SIZE)) {
      LinuxException.check(
          Libc.ioctl(tap.number(), TUNGETIFF, request.address()), "ioctl", tap.name());
      byte[] name = new byte[NAME_SIZE];
      request.get(0, name, 0, NAME_SIZE);
      int length = 0;
      while (length < NAME_SIZE && name[length] != 0) {
        length++;
      }
      return new String(name, 0, length, StandardCharsets.US_ASCII);
    }
  }

  /** Whether a queue of a tap takes no part in its traffic, see {@link #detachQueue}. */
  public static boolean isDetachedQueue(Fd tap) {
    try (NativeMemory request = new NativeMemory(IFREQ_SIZE)) {
      LinuxException.check(
          Libc.ioctl(tap.number(), TUNGETIFF, request.address()), "ioctl", tap.name());
      return (request.getShort(NAME_SIZE) & IFF_DETACH_QUEUE) != 0;
    }
  }

  /** Takes a queue of a tap out of its traffic, until it is put there again. */
  public static void detachQueue(Fd tap) {
    try (NativeMemory request = new NativeMemory(IFREQ_SIZE)) {
      request.putShort(NAME_SIZE, IFF_DETACH_QUEUE);
      LinuxException.check(
          Libc.ioctl(tap.number(), TUNSETQUEUE, request.address()), "ioctl", tap.name());
    }
  }

  /** How many bytes stand before each frame of a tap. */
  public static int headerBytes(Fd tap) {
    int[] size = new int[1];
    LinuxException.check(
        Libc.ioctl(tap.number(), TUNGETVNETHDRSZ, Address.ofData(size)), "ioctl", tap.name());
    return size[0];
  }

  /** Opens the network namespace that a tap's interface is in now; empty for a macvtap. */
  public static Optional<Fd> tapNamespace(Fd tap) {
    int number = Libc.ioctl(tap.number(), TUNGETDEVNETNS, Address.fromInt(0));
    if (number >= 0) {
      return Optional.of(new Fd(number, "network namespace of " + tap.name()));
    }
    LinuxException failure = LinuxException.last("ioctl", tap.name());
    if (failure.errno() == Errno.EINVAL) {
      return Optional.empty();
    }
    throw failure;
  }

  private static Fd openTap(String name, int flags) {
    if (CString.of(name).length > NAME_SIZE) {
      throw new LinuxException("ioctl", name, Errno.EINVAL);
    }
    return setTap(Files.open(TUN_DEVICE, Open.O_RDWR | Open.O_NONBLOCK), name, flags);
  }

  private static Fd setTap(Fd tap, String name, int flags) {
    byte[] bytes = CString.of(name);
    try (NativeMemory request = new NativeMemory(IFREQ_SIZE)) {
      request.put(0, bytes, 0, bytes.length);
      request.putShort(NAME_SIZE, flags);
      LinuxException.check(
          Libc.ioctl(tap.number(), TUNSETIFF, request.address()), "ioctl", tap.name() + " " + name);
      return tap;
    } catch (LinuxException e) {
      tap.close();
      throw e;
    }
  }
}
