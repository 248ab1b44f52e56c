package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.InetSocket;
import dev.bulkhead.linux.netlink.IpAddress;
import java.util.Optional;

/**
 * The host's resolv.conf, of which a container gets a copy. A server on the host's loopback, as
 * systemd-resolved and dnsmasq have it, is reached by a relay.
 */
public final class HostResolver {
  /** Where it is. */
  public static final String FILE = "/etc/resolv.conf";

  private static final String SERVER = "nameserver";
  private static final int PORT = 53;
  private static final int LOOPBACK = 127;

  private HostResolver() {}

  /** The first server on the loopback that a resolv.conf names. */
  public static Optional<IpAddress> onLoopback(String text) {
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      String line = text.substring(start, end < 0 ? text.length() : end).trim();
      if (line.startsWith(SERVER)) {
        Optional<IpAddress> address = address(line.substring(SERVER.length()).trim());
        if (address.isPresent()) {
          return address;
        }
      }
      start = end < 0 ? text.length() : end + 1;
    }
    return Optional.empty();
  }

  private static Optional<IpAddress> address(String word) {
    try {
      IpAddress address = IpAddress.parse(word);
      boolean loopback = address.family() == IpAddress.Family.V4 && address.bytes()[0] == LOOPBACK;
      return loopback ? Optional.of(address) : Optional.empty();
    } catch (IllegalArgumentException e) {
      // With a zone, or no address at all: then the container's own resolver passes over it too.
      return Optional.empty();
    }
  }

  /** Where the host reaches it. */
  public static InetSocket.Peer peer(IpAddress address) {
    return InetSocket.Peer.of(address.bytes(), PORT);
  }
}
