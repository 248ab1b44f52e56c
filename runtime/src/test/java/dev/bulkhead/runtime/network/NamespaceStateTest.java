package dev.bulkhead.runtime.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.MacAddress;
import dev.bulkhead.linux.netlink.Neighbour;
import dev.bulkhead.linux.netlink.Route;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class NamespaceStateTest {
  private static final int ETHERNET = 1;
  private static final int WIREGUARD = 65534;
  private static final int LOOPBACK = 772;
  private static final MacAddress MAC = MacAddress.parse("02:42:ac:11:00:02");

  private static final Link LO = link(1, "lo", LOOPBACK, 0x9, "");
  private static final Link ETH0 = link(2, "eth0", ETHERNET, Link.UP, "veth");

  private static Link link(int index, String name, int type, int flags, String kind) {
    return new Link(index, name, type, flags, 1400, Optional.of(MAC), kind);
  }

  private static Route route(String destination, Optional<String> gateway, int link) {
    return new Route(
        IpPrefix.parse(destination),
        gateway.map(IpAddress::parse),
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

  private static Route with(Route route, int type, int table, int protocol) {
    return new Route(
        route.destination(),
        route.gateway(),
        route.link(),
        route.source(),
        route.scope(),
        type,
        table,
        protocol,
        route.flags(),
        route.metric(),
        route.mtu());
  }

  private static List<String> names(NamespaceState state) {
    return state.endpoints().stream().map(endpoint -> endpoint.link().name()).toList();
  }

  @Test
  void findsWhatIsInUseAndEthernet() {
    Link off = link(3, "gretap0", ETHERNET, 0, "gretap");
    Link dressed = link(4, "net1", ETHERNET, 0, "macvlan");
    Link tap = link(5, "bulkhead0", ETHERNET, Link.UP, "tun");
    Link slirp = link(6, "tap0", ETHERNET, Link.UP, "tun");
    Link tunnel = link(7, "tunl0", WIREGUARD, 0, "ipip");
    Link wireguard = link(8, "wg0", WIREGUARD, Link.UP, "wireguard");
    NamespaceState state =
        NamespaceState.of(
            List.of(LO, ETH0, off, dressed, tap, slirp, tunnel, wireguard),
            List.of(new Address(4, IpPrefix.parse("10.0.0.4/8"), 0)),
            List.of(),
            List.of());
    assertEquals(List.of("eth0", "net1", "tap0"), names(state));
    assertEquals(
        List.of("the interface wg0 (wireguard), which carries no Ethernet frames"), state.unfit());
  }

  private static Link on(int index, String name, String kind, int lower, int master) {
    return new Link(index, name, ETHERNET, Link.UP, 1500, Optional.of(MAC), kind, lower, master);
  }

  @Test
  void takesOfStackedInterfacesThoseThatAreUsed() {
    NamespaceState state =
        NamespaceState.of(
            List.of(
                LO,
                on(2, "br0", "bridge", 0, 0),
                on(3, "port", "veth", 0, 2),
                on(4, "card", "", 0, 0),
                on(5, "card.10", "vlan", 4, 0),
                on(6, "card.20", "vlan", 4, 0),
                on(7, "over", "macvlan", 6, 0),
                on(8, "further", "macvlan", 5, 0),
                on(9, "bulkhead0", "macvtap", 2, 0)),
            List.of(
                new Address(2, IpPrefix.parse("10.0.0.2/24"), 0),
                new Address(5, IpPrefix.parse("10.0.1.2/24"), 0),
                new Address(7, IpPrefix.parse("10.0.2.2/24"), 0)),
            List.of(),
            List.of());
    assertEquals(List.of("br0", "card.10", "over"), names(state));
    assertEquals(
        List.of(
            "the interface further (macvlan), whose frames go over card.10, of which the machine"
                + " gets them all"),
        state.unfit());
  }

  @Test
  void takesTheRoutesThatSomebodyMade() {
    Route byHand = route("0.0.0.0/0", Optional.of("172.17.0.1"), 2);
    Route other = route("10.0.0.0/8", Optional.empty(), 2);
    NamespaceState state =
        NamespaceState.of(
            List.of(LO, ETH0),
            List.of(),
            List.of(
                byHand,
                with(other, Route.UNICAST, Route.MAIN_TABLE, Route.BY_KERNEL),
                with(other, Route.UNICAST, Route.MAIN_TABLE, Route.BY_ROUTER),
                with(other, Route.UNICAST, 255, Route.BY_BOOT),
                with(other, 6, Route.MAIN_TABLE, Route.BY_BOOT),
                route("127.1.0.0/16", Optional.empty(), 1),
                route("10.9.0.0/16", Optional.empty(), 0)),
            List.of());
    assertEquals(List.of(byHand), state.routes());
    assertEquals(
        List.of(
            "the route 10.0.0.0/8, which does not lead to one interface",
            "the route 10.9.0.0/16, which does not lead to one interface"),
        state.unfit());
    assertEquals(
        List.of(dev.bulkhead.agentapi.Route.DEFAULT.withGateway("172.17.0.1").withDevice("eth0")),
        AgentMessages.routes(state));
  }

  @Test
  void takesTheNeighboursThatSomebodyWroteDown() {
    IpAddress address = IpAddress.parse("169.254.1.1");
    Neighbour permanent = new Neighbour(2, address, Optional.of(MAC), Neighbour.PERMANENT, 0);
    Neighbour learned = new Neighbour(2, address, Optional.of(MAC), 2, 0);
    NamespaceState state =
        NamespaceState.of(List.of(ETH0), List.of(), List.of(), List.of(learned, permanent));
    assertEquals(List.of(permanent), state.neighbours());
    assertEquals("eth0", AgentMessages.neighbours(state).getFirst().device());
    assertEquals(MAC.toString(), AgentMessages.neighbours(state).getFirst().lladdr());
  }

  @Test
  void tellsTheAgentWhatAnInterfaceIsLike() {
    NamespaceState state =
        NamespaceState.of(
            List.of(ETH0),
            List.of(
                new Address(2, IpPrefix.parse("172.17.0.2/16"), 0),
                new Address(2, IpPrefix.parse("fe80::1/64"), 253),
                new Address(2, IpPrefix.parse("fd00::2/64"), 0)),
            List.of(),
            List.of());
    assertEquals(
        Interface.DEFAULT
            .withDevice("eth0")
            .withName("eth0")
            .withIpAddresses(
                List.of(
                    new IPAddress(IPFamily.V4, "172.17.0.2", "16"),
                    new IPAddress(IPFamily.V6, "fd00:0:0:0:0:0:0:2", "64")))
            .withMtu(1400)
            .withHwAddr("02:42:ac:11:00:02")
            .withDevicePath("10")
            .withType("veth"),
        AgentMessages.networkInterface(state.endpoints().getFirst(), "eth0", "10"));
  }
}
