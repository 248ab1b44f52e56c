package dev.bulkhead.linux.netlink;

import java.util.Optional;

/**
 * A network interface.
 *
 * @param hardwareType the kernel's ARPHRD_ number
 * @param flags the kernel's IFF_ flags
 * @param mac empty if its addresses are of another kind
 * @param kind what made it, as "veth"; "" for a device of its own
 * @param lower the index of the interface of this namespace that carries its frames, as that below
 *     a VLAN; 0 if none does
 * @param master the index of the interface that it is a port of, as of a bridge; 0 if of none
 */
public record Link(
    int index,
    String name,
    int hardwareType,
    int flags,
    int mtu,
    Optional<MacAddress> mac,
    String kind,
    int lower,
    int master) {
  /** The flag of an interface that is switched on. */
  public static final int UP = 0x1;

  /** The flag of an interface that asks nobody for link addresses. */
  public static final int NO_ARP = 0x80;

  /** The flag of an interface that receives what is sent to any group. */
  static final int ALL_MULTICAST = 0x200;

  private static final int LOOPBACK = 0x8;
  private static final int ETHERNET = 1;

  /** The longest name. */
  public static final int MOST_NAME_BYTES = 15;

  /** An interface that is on top of no other one, and no port. */
  public Link(
      int index,
      String name,
      int hardwareType,
      int flags,
      int mtu,
      Optional<MacAddress> mac,
      String kind) {
    this(index, name, hardwareType, flags, mtu, mac, kind, 0, 0);
  }

  public boolean isUp() {
    return (flags & UP) != 0;
  }

  /** Whether it receives what is sent to any group, and not only to those that it has joined. */
  public boolean receivesAllMulticast() {
    return (flags & ALL_MULTICAST) != 0;
  }

  /** The same interface, when it receives what is sent to any group. */
  public Link receivingAllMulticast() {
    return new Link(
        index, name, hardwareType, flags | ALL_MULTICAST, mtu, mac, kind, lower, master);
  }

  public boolean isLoopback() {
    return (flags & LOOPBACK) != 0;
  }

  /** Whether it carries Ethernet frames, and is not the loopback. */
  public boolean isEthernet() {
    return hardwareType == ETHERNET && mac.isPresent() && !isLoopback();
  }

  /** Whether the kernel takes this for an interface's name; letters, digits and some signs do. */
  public static boolean isName(String name) {
    boolean good = !name.isEmpty() && name.length() <= MOST_NAME_BYTES;
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good = c > ' ' && c < 127 && c != '/' && c != ':' && c != '%';
    }
    return good && !name.equals(".") && !name.equals("..");
  }
}
