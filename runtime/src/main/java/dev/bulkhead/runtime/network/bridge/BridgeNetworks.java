package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The networks of the bridge.
 *
 * @param v4 of 256 addresses
 * @param v6 of unique local addresses; empty where the host has no IPv6
 */
record BridgeNetworks(IpPrefix v4, Optional<IpPrefix> v6) {
  private static final String IPV6_OFF = "/proc/sys/net/ipv6/conf/all/disable_ipv6";

  /** Whether the host has IPv6, which can be switched off. */
  static boolean hasV6() {
    return Files.readTextIfExists(IPV6_OFF).filter(text -> text.trim().equals("0")).isPresent();
  }

  /** Chooses networks that overlap with none of the host's. */
  static BridgeNetworks choose(Rtnetlink netlink) {
    List<IpPrefix> taken = new ArrayList<>();
    netlink.addresses().forEach(address -> taken.add(address.prefix()));
    netlink.routes().stream()
        .filter(route -> route.destination().length() > 0)
        .forEach(route -> taken.add(route.destination()));
    IpPrefix v4 =
        BridgeAddresses.choose(taken)
            .orElseThrow(() -> new ContainerException(BridgeAddresses.allTaken(taken)));
    return new BridgeNetworks(
        v4,
        hasV6()
            ? Optional.of(BridgeAddresses.uniqueLocal(Machine.random(BridgeAddresses.RANDOM_BYTES)))
            : Optional.empty());
  }

  /** Those that a bridge has. */
  static BridgeNetworks of(Rtnetlink netlink, Link bridge) {
    List<IpPrefix> its =
        netlink.addresses().stream()
            .filter(address -> address.link() == bridge.index())
            .map(address -> address.prefix().network())
            .filter(network -> !network.address().isLinkLocal())
            .toList();
    return new BridgeNetworks(
        first(its, IpAddress.Family.V4)
            .orElseThrow(
                () ->
                    new ContainerException(
                        "the bridge " + bridge.name() + " has no address; remove it")),
        first(its, IpAddress.Family.V6));
  }

  private static Optional<IpPrefix> first(List<IpPrefix> networks, IpAddress.Family family) {
    return networks.stream().filter(network -> network.address().family() == family).findFirst();
  }

  /** Both, or the one that there is. */
  List<IpPrefix> all() {
    return v6.map(present -> List.of(v4, present)).orElse(List.of(v4));
  }

  /** Gives the bridge its addresses. */
  void address(Rtnetlink netlink, Link bridge) {
    for (IpPrefix network : all()) {
      IpPrefix own = new IpPrefix(BridgeAddresses.bridge(network), network.length());
      netlink.addAddress(new Address(bridge.index(), own, 0));
    }
  }
}
