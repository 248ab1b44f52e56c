package dev.bulkhead.runtime.network;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.InetSocket;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import java.util.Optional;

/**
 * Docker's resolver, which dockerd has in the namespaces of containers on user-defined networks: it
 * is reached at one address of the loopback by processes in the namespace, knows the network's
 * names, and asks outside servers for others from within the namespace.
 */
final class DockerResolver {
  /** Where all containers look for it. */
  static final String ADDRESS = "127.0.0.11";

  static final InetSocket.Peer PEER = new InetSocket.Peer(0x7f00000b, 53);

  /** The port of the servers that it asks. */
  private static final int SERVERS_PORT = 53;

  // The kernel's tables of sockets show addresses as it has them in memory.
  private static final String TABLE = "/proc/self/net/udp";
  private static final String TABLE_ADDRESS = "0B00007F:";

  private static final String PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

  /**
   * The ports of the namespace's own sockets from now on: above those that a guest's kernel gives
   * to its sockets, and such that one mask tells them from others.
   */
  private static final int FIRST_PORT = 0xf000;

  private static final String PORTS = FIRST_PORT + " 65535";

  private DockerResolver() {}

  /** Whether it is in the network namespace that this process is in. */
  static boolean isHere() {
    return Files.exists(TABLE) && isIn(Files.readText(TABLE));
  }

  /** Whether a table of UDP sockets shows it. */
  static boolean isIn(String table) {
    int line = table.indexOf('\n');
    while (line >= 0) {
      int colon = table.indexOf(": ", line + 1);
      if (colon >= 0 && table.startsWith(TABLE_ADDRESS, colon + 2)) {
        return true;
      }
      line = table.indexOf('\n', line + 1);
    }
    return false;
  }

  /**
   * Gives the sockets of the network namespace that this process is in ports of their own.
   *
   * @return the range as it was, for {@link #restorePorts}
   */
  static Optional<String> separatePorts() {
    if (!Files.exists(PORT_RANGE)) {
      return Optional.empty();
    }
    String before = Files.readText(PORT_RANGE).trim();
    Files.writeExisting(PORT_RANGE, PORTS);
    return Optional.of(before);
  }

  static void restorePorts(String range) {
    Files.writeExisting(PORT_RANGE, range);
  }

  /**
   * Lets the servers' answers pass to it, which else would go to the machine like all that comes in
   * by the interface.
   */
  static void admitAnswers(Rtnetlink netlink, Link link, Link tap) {
    netlink.share(link, tap, SERVERS_PORT, FIRST_PORT);
  }
}
