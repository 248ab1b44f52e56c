package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Addresses on the bridge: in each of its networks the bridge has the first one, and a member the
 * one of its number.
 */
final class BridgeAddresses {
  /** How much chance a network of unique local addresses needs. */
  static final int RANDOM_BYTES = 5;

  private static final int BRIDGE = 1;
  private static final int FIRST_MEMBER = 2;
  private static final int LAST_MEMBER = 254;

  /** Networks to choose from: of several ranges, as a host may use one of these wholly. */
  private static final List<IpPrefix> CHOICE =
      List.of(
          IpPrefix.parse("10.87.0.0/24"),
          IpPrefix.parse("10.187.0.0/24"),
          IpPrefix.parse("172.30.87.0/24"),
          IpPrefix.parse("192.168.187.0/24"));

  private BridgeAddresses() {}

  /** A network that overlaps with none of the host's. */
  static Optional<IpPrefix> choose(List<IpPrefix> taken) {
    return CHOICE.stream()
        .filter(network -> taken.stream().noneMatch(network::overlaps))
        .findFirst();
  }

  /** Why there is nothing to choose, with both sides of each conflict. */
  static String allTaken(List<IpPrefix> taken) {
    StringBuilder conflicts = new StringBuilder();
    for (IpPrefix network : CHOICE) {
      IpPrefix other = taken.stream().filter(network::overlaps).findFirst().orElse(network);
      conflicts
          .append(conflicts.isEmpty() ? "" : ", ")
          .append(network)
          .append(" with ")
          .append(other);
    }
    return "every network that the bridge could have overlaps with one of this host's: "
        + conflicts
        + "; see 'bulkhead check --network'";
  }

  /**
   * A network of unique local addresses, see RFC 4193.
   *
   * @param random five bytes that nobody else has
   */
  static IpPrefix uniqueLocal(byte[] random) {
    byte[] bytes = new byte[16];
    bytes[0] = (byte) 0xfd;
    System.arraycopy(random, 0, bytes, 1, RANDOM_BYTES);
    return new IpPrefix(IpAddress.of(bytes), 64);
  }

  /** The number of a new member. */
  static Optional<Integer> free(Set<Integer> taken) {
    for (int number = FIRST_MEMBER; number <= LAST_MEMBER; number++) {
      if (!taken.contains(number)) {
        return Optional.of(number);
      }
    }
    return Optional.empty();
  }

  static IpAddress bridge(IpPrefix network) {
    return member(network, BRIDGE);
  }

  static IpAddress member(IpPrefix network, int number) {
    byte[] bytes = network.network().address().bytes();
    bytes[bytes.length - 1] = (byte) number;
    return IpAddress.of(bytes);
  }

  /** A link address that no other member has, made of its IP address. */
  static MacAddress mac(IpAddress address) {
    byte[] ip = address.bytes();
    return MacAddress.of(new byte[] {0x02, (byte) 0xb4, ip[0], ip[1], ip[2], ip[3]});
  }
}
