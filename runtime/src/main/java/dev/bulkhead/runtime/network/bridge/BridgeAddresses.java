package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Addresses on the bridge: a network of 256, in which the bridge has the first one. */
final class BridgeAddresses {
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
    bytes[3] = (byte) number;
    return IpAddress.of(bytes);
  }

  /** A link address that no other member has, made of its IP address. */
  static MacAddress mac(IpAddress address) {
    byte[] ip = address.bytes();
    return MacAddress.of(new byte[] {0x02, (byte) 0xb4, ip[0], ip[1], ip[2], ip[3]});
  }
}
