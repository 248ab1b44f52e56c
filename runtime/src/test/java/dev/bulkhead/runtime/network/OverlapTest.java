package dev.bulkhead.runtime.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.MacAddress;
import dev.bulkhead.linux.netlink.Route;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OverlapTest {
  private static final List<Link> LINKS =
      List.of(link(1, "lo", 772, 0x9), link(2, "docker0", 1, 1), link(3, "eth0", 1, 1));

  private static Link link(int index, String name, int type, int flags) {
    return new Link(
        index, name, type, flags, 1500, Optional.of(MacAddress.parse("02:00:00:00:00:01")), "");
  }

  private static Address address(int link, String prefix) {
    return new Address(link, IpPrefix.parse(prefix), 0);
  }

  private static Route route(int link, String prefix) {
    return new Route(
        IpPrefix.parse(prefix),
        Optional.<IpAddress>empty(),
        link,
        Optional.empty(),
        0,
        Route.UNICAST,
        Route.MAIN_TABLE,
        Route.BY_BOOT,
        0,
        0,
        0);
  }

  private static List<String> words(List<Address> addresses, List<Route> routes) {
    return Overlap.find(LINKS, addresses, routes).stream().map(Overlap::words).toList();
  }

  @Test
  void namesBothSides() {
    assertEquals(
        List.of("docker0 172.17.0.1/16 and eth0 172.17.1.100/16 overlap"),
        words(
            List.of(address(2, "172.17.0.1/16"), address(3, "172.17.1.100/16")),
            List.of(route(2, "172.17.0.0/16"), route(3, "172.17.0.0/16"))));
    assertEquals(
        List.of("docker0 172.17.0.1/16 and eth0 172.16.0.0/12 overlap"),
        words(List.of(address(2, "172.17.0.1/16")), List.of(route(3, "172.16.0.0/12"))));
  }

  @Test
  void isSilentWhereEachHasItsOwn() {
    assertEquals(
        List.of(),
        words(
            List.of(
                address(1, "127.0.0.1/8"),
                address(2, "172.17.0.1/16"),
                address(2, "fe80::1/64"),
                address(3, "10.0.0.2/24"),
                address(3, "fe80::2/64")),
            List.of(
                route(2, "172.17.0.0/16"),
                route(3, "0.0.0.0/0"),
                route(2, "224.0.0.0/4"),
                route(3, "224.0.0.0/4"))));
  }

  @Test
  void findsTheChainThatDropsWhatIsForwarded() {
    String chains =
        """
        table ip nat {
        \tchain PREROUTING {
        \t\ttype nat hook prerouting priority dstnat; policy accept;
        \t}
        }
        table ip filter {
        \tchain DOCKER-USER {
        \t}
        \tchain FORWARD {
        \t\ttype filter hook forward priority filter; policy %s;
        \t}
        }
        """;
    assertEquals(
        Optional.of("table ip filter, chain FORWARD"),
        ForwardPolicy.dropping(chains.formatted("drop")));
    assertEquals(Optional.empty(), ForwardPolicy.dropping(chains.formatted("accept")));
  }
}
