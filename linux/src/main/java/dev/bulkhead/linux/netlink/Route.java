package dev.bulkhead.linux.netlink;

import java.util.Optional;

/**
 * A route.
 *
 * @param link the interface's index; 0 if it has none or several
 * @param scope the kernel's RT_SCOPE_ number
 * @param type the kernel's RTN_ number
 * @param table the kernel's number of the table
 * @param protocol who made it, the kernel's RTPROT_ number
 * @param flags the kernel's RTNH_F_ flags
 * @param metric of two to the same destination the lower one counts; 0 for the kernel's default
 * @param mtu of packets on this way; 0 for the interface's
 */
public record Route(
    IpPrefix destination,
    Optional<IpAddress> gateway,
    int link,
    Optional<IpAddress> source,
    int scope,
    int type,
    int table,
    int protocol,
    int flags,
    int metric,
    int mtu) {
  /** The table that is looked up for all that is not local. */
  public static final int MAIN_TABLE = 254;

  /** The type of a route that leads to a gateway or a link. */
  public static final int UNICAST = 1;

  /** Made by the kernel, with an address. */
  public static final int BY_KERNEL = 2;

  /** Made by hand. */
  public static final int BY_BOOT = 3;

  /** Made by an administrator. */
  public static final int BY_ADMINISTRATOR = 4;

  /** Learned from a router. */
  public static final int BY_ROUTER = 9;

  /** The flag of a gateway that is on the link although no address of ours says so. */
  public static final int ON_LINK = 4;

  /** As it is shown in a message. */
  public String words() {
    return destination
        + gateway.map(address -> " via " + address).orElse("")
        + source.map(address -> " from " + address).orElse("");
  }
}
