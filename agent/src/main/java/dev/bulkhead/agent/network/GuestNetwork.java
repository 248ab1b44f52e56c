package dev.bulkhead.agent.network;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.device.Arrival;
import dev.bulkhead.agent.device.PciDevices;
import dev.bulkhead.agentapi.ARPNeighbor;
import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.MacAddress;
import dev.bulkhead.linux.netlink.Neighbour;
import dev.bulkhead.linux.netlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Changes the guest's network to what the host asks for, and tells what it is.
 *
 * <p>What makes no sense is an {@link IllegalArgumentException}, what the kernel refuses a {@link
 * dev.bulkhead.linux.LinuxException}; what was done before it stays.
 */
public final class GuestNetwork {
  private static final int MOST_MTU = 65535;

  private final EventLoop loop;
  private final NetworkDevices devices;

  /** The network of the guest, whose devices get their driver from these modules. */
  public GuestNetwork(EventLoop loop, KernelModules modules) {
    this.loop = loop;
    this.devices = new NetworkDevices(modules);
  }

  /** Does what can be done before an interface is known, so that a saved guest has it. */
  public void prepare() {
    devices.loadDriver();
  }

  /**
   * Waits for a device that the host may have plugged in just now.
   *
   * @param pciPath where, or "" for none
   * @param ready run when it is there, which may be at once
   * @param late told in one sentence that it is not there in time
   */
  void await(String pciPath, Runnable ready, Consumer<String> late) {
    if (pciPath.isEmpty()) {
      ready.run();
      return;
    }
    Arrival.await(
        loop,
        () -> PciDevices.virtio(pciPath).isEmpty() ? Optional.of(pciPath) : Optional.empty(),
        ready,
        path -> late.accept("no network device has come at the PCI path '" + path + "'"));
  }

  /**
   * Gives an interface name, MTU, link address and exactly these addresses, and switches it on. Or
   * removes it, if a device is named and no name.
   *
   * @return the interface as it is now
   */
  Interface update(Interface wanted) {
    if (!wanted.devicePath().isEmpty() && wanted.name().isEmpty()) {
      devices.close(wanted.devicePath());
      return wanted;
    }
    String name = wanted.name().isEmpty() ? wanted.device() : wanted.name();
    if (!Link.isName(name)) {
      throw new IllegalArgumentException("'" + name + "' is no name for an interface");
    }
    if (wanted.mtu() < 0 || wanted.mtu() > MOST_MTU) {
      throw new IllegalArgumentException("an interface with an MTU of " + wanted.mtu());
    }
    List<IpPrefix> addresses = new ArrayList<>();
    for (IPAddress address : wanted.ipAddresses()) {
      addresses.add(prefix(address));
    }
    try (Rtnetlink netlink = Rtnetlink.open()) {
      Link link = find(netlink, wanted);
      if (!link.name().equals(name)) {
        rename(netlink, link, name);
      }
      if (wanted.mtu() != 0 && wanted.mtu() != link.mtu()) {
        netlink.setMtu(link, (int) wanted.mtu());
      }
      if (!wanted.hwAddr().isEmpty()) {
        MacAddress mac = MacAddress.parse(wanted.hwAddr());
        if (!link.mac().equals(Optional.of(mac))) {
          netlink.setMac(link, mac);
        }
      }
      netlink.setArp(link, (wanted.rawFlags() & Link.NO_ARP) == 0);
      netlink.setUp(link, true);
      setAddresses(netlink, link, addresses);
      return describe(byIndex(netlink.links(), link.index()), netlink.addresses());
    }
  }

  private Link find(Rtnetlink netlink, Interface wanted) {
    if (!wanted.devicePath().isEmpty()) {
      String name = devices.open(wanted.devicePath());
      return byName(netlink.links(), name);
    }
    devices.openAll();
    List<Link> links = netlink.links();
    for (Link link : links) {
      if (link.mac().map(MacAddress::toString).equals(Optional.of(wanted.hwAddr()))) {
        return link;
      }
    }
    return byName(links, wanted.device());
  }

  private static Link byName(List<Link> links, String name) {
    return links.stream()
        .filter(link -> link.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("the guest has no interface '" + name + "'"));
  }

  private static Link byIndex(List<Link> links, int index) {
    return links.stream()
        .filter(link -> link.index() == index)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the guest has no interface " + index));
  }

  private static void rename(Rtnetlink netlink, Link link, String name) {
    for (Link other : netlink.links()) {
      if (other.name().equals(name)) {
        throw new IllegalArgumentException(
            "the guest has an interface '" + name + "' already, so " + link.name() + " keeps its");
      }
    }
    if (link.isUp()) {
      netlink.setUp(link, false);
    }
    netlink.rename(link, name);
  }

  /** Link-local IPv6 addresses are the kernel's own business. */
  private static void setAddresses(Rtnetlink netlink, Link link, List<IpPrefix> wanted) {
    for (Address address : netlink.addresses()) {
      IpPrefix prefix = address.prefix();
      boolean automatic =
          prefix.address().family() == IpAddress.Family.V6 && prefix.address().isLinkLocal();
      if (address.link() == link.index() && !automatic && !wanted.contains(prefix)) {
        netlink.removeAddress(address);
      }
    }
    for (IpPrefix prefix : wanted) {
      netlink.addAddress(new Address(link.index(), prefix, 0));
    }
  }

  /**
   * Makes these the guest's routes, besides those that the kernel makes by itself. Routes to links
   * come before those to gateways on them, in whatever order they are given.
   *
   * @return the routes as they are now
   */
  List<Route> updateRoutes(List<Route> wanted) {
    try (Rtnetlink netlink = Rtnetlink.open()) {
      List<Link> links = netlink.links();
      List<dev.bulkhead.linux.netlink.Route> routes = new ArrayList<>();
      for (Route route : wanted) {
        routes.add(kernelRoute(route, byName(links, route.device())));
      }
      for (dev.bulkhead.linux.netlink.Route present : netlink.routes()) {
        if (isOurs(present) && routes.stream().noneMatch(route -> replaces(route, present))) {
          netlink.removeRoute(present);
        }
      }
      routes.stream().filter(route -> route.gateway().isEmpty()).forEach(netlink::putRoute);
      routes.stream().filter(route -> route.gateway().isPresent()).forEach(netlink::putRoute);
      return describe(netlink.routes(), links);
    }
  }

  private static boolean isOurs(dev.bulkhead.linux.netlink.Route route) {
    return route.table() == dev.bulkhead.linux.netlink.Route.MAIN_TABLE
        && route.protocol() == dev.bulkhead.linux.netlink.Route.BY_ADMINISTRATOR;
  }

  private static boolean replaces(
      dev.bulkhead.linux.netlink.Route route, dev.bulkhead.linux.netlink.Route present) {
    return route.destination().equals(present.destination())
        && route.metric() == present.metric()
        && route.link() == present.link();
  }

  private static dev.bulkhead.linux.netlink.Route kernelRoute(Route route, Link link) {
    IpAddress.Family family = family(route.family());
    return new dev.bulkhead.linux.netlink.Route(
        route.dest().isEmpty() ? new IpPrefix(family.any(), 0) : IpPrefix.parse(route.dest()),
        address(route.gateway()),
        link.index(),
        address(route.source()),
        route.scope() & 0xff,
        dev.bulkhead.linux.netlink.Route.UNICAST,
        dev.bulkhead.linux.netlink.Route.MAIN_TABLE,
        dev.bulkhead.linux.netlink.Route.BY_ADMINISTRATOR,
        route.flags() & dev.bulkhead.linux.netlink.Route.ON_LINK,
        route.metric(),
        route.mtu());
  }

  /** Notes neighbours down. */
  void addNeighbours(List<ARPNeighbor> neighbours) {
    try (Rtnetlink netlink = Rtnetlink.open()) {
      List<Link> links = netlink.links();
      for (ARPNeighbor neighbour : neighbours) {
        netlink.putNeighbour(
            new Neighbour(
                byName(links, neighbour.device()).index(),
                IpAddress.parse(neighbour.toIpAddress().address()),
                neighbour.lladdr().isEmpty()
                    ? Optional.empty()
                    : Optional.of(MacAddress.parse(neighbour.lladdr())),
                neighbour.state() == 0 ? Neighbour.PERMANENT : neighbour.state() & 0xff,
                neighbour.flags() & 0xff));
      }
    }
  }

  /** All interfaces, the loopback among them. */
  List<Interface> interfaces() {
    try (Rtnetlink netlink = Rtnetlink.open()) {
      List<Address> addresses = netlink.addresses();
      return netlink.links().stream().map(link -> describe(link, addresses)).toList();
    }
  }

  /** The routes of the main table. */
  List<Route> routes() {
    try (Rtnetlink netlink = Rtnetlink.open()) {
      return describe(netlink.routes(), netlink.links());
    }
  }

  private static Interface describe(Link link, List<Address> addresses) {
    List<IPAddress> its = new ArrayList<>();
    for (Address address : addresses) {
      if (address.link() == link.index()) {
        its.add(
            new IPAddress(
                family(address.prefix().address().family()),
                address.prefix().address().toString(),
                Integer.toString(address.prefix().length())));
      }
    }
    return Interface.DEFAULT
        .withDevice(link.name())
        .withName(link.name())
        .withIpAddresses(its)
        .withMtu(link.mtu())
        .withHwAddr(link.mac().map(MacAddress::toString).orElse(""))
        .withType(link.kind())
        .withRawFlags(link.flags());
  }

  private static List<Route> describe(
      List<dev.bulkhead.linux.netlink.Route> routes, List<Link> links) {
    List<Route> described = new ArrayList<>();
    for (dev.bulkhead.linux.netlink.Route route : routes) {
      if (route.table() == dev.bulkhead.linux.netlink.Route.MAIN_TABLE && route.link() != 0) {
        described.add(
            Route.DEFAULT
                .withDest(route.destination().length() == 0 ? "" : route.destination().toString())
                .withGateway(route.gateway().map(IpAddress::toString).orElse(""))
                .withDevice(byIndex(links, route.link()).name())
                .withSource(route.source().map(IpAddress::toString).orElse(""))
                .withScope(route.scope())
                .withFamily(family(route.destination().address().family()))
                .withFlags(route.flags())
                .withMtu(route.mtu())
                .withMetric(route.metric()));
      }
    }
    return described;
  }

  private static IpPrefix prefix(IPAddress address) {
    IpAddress ip = IpAddress.parse(address.address());
    return new IpPrefix(ip, IpPrefix.length(address.mask()));
  }

  private static Optional<IpAddress> address(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(text));
  }

  private static IpAddress.Family family(IPFamily family) {
    return family == IPFamily.V6 ? IpAddress.Family.V6 : IpAddress.Family.V4;
  }

  private static IPFamily family(IpAddress.Family family) {
    return switch (family) {
      case V4 -> IPFamily.V4;
      case V6 -> IPFamily.V6;
    };
  }
}
