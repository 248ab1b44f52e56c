package dev.bulkhead.linux.netlink;

import java.util.Optional;

/**
 * A neighbour on an interface's link.
 *
 * @param link the interface's index
 * @param state the kernel's NUD_ state
 * @param flags the kernel's NTF_ flags
 */
public record Neighbour(
    int link, IpAddress address, Optional<MacAddress> mac, int state, int flags) {
  /** The state of a neighbour that somebody wrote down and nothing removes. */
  public static final int PERMANENT = 0x80;
}
