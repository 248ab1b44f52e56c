package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.InetSocket;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.network.ForwardPolicy;
import dev.bulkhead.runtime.network.TapDevice;
import dev.bulkhead.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One container's place on the default bridge, which its owner closes when the machine is gone.
 *
 * <p>Each place is a file of a directory, locked by its owner. The bridge and its table follow from
 * these files, under a lock of the directory.
 */
public final class DefaultBridge implements AutoCloseable {
  /** The bridge's name. */
  public static final String NAME = "bulkhead0";

  /** How to have packets of the bridge forwarded where the host drops them. */
  public static final String FORWARD_REMEDY =
      "iptables -I FORWARD -i "
          + NAME
          + " -j ACCEPT; iptables -I FORWARD -o "
          + NAME
          + " -j ACCEPT";

  private static final String DIRECTORY = "/run/bulkhead/.bridge";
  private static final String LOCK = DIRECTORY + "/lock";
  private static final String MEMBERS = DIRECTORY + "/members";
  private static final String TAP_PREFIX = "bulkhead-";
  private static final String GUEST_NAME = "eth0";
  private static final int FILE_LIMIT = 64 << 10;

  private final Nft nft;
  private final MachineModel model;
  private final Member member;
  private final BridgeNetworks networks;
  private final int mtu;
  private final NetworkDevice device;
  private final List<Fd> ports;
  private final Fd place;

  private DefaultBridge(
      Nft nft,
      MachineModel model,
      Member member,
      BridgeNetworks networks,
      int mtu,
      NetworkDevice device,
      List<Fd> ports,
      Fd place) {
    this.nft = nft;
    this.model = model;
    this.member = member;
    this.networks = networks;
    this.mtu = mtu;
    this.device = device;
    this.ports = ports;
    this.place = place;
  }

  /**
   * Takes a place, on a bridge that is made if it is not there.
   *
   * @param processors of the machine
   * @param published ports of the host that lead to the container
   * @param warn told what keeps packets from passing
   * @throws ContainerException if there is no place, or a port is taken
   */
  public static DefaultBridge join(
      EventLoop loop,
      MachineModel model,
      int processors,
      List<PublishedPort> published,
      Consumer<String> warn) {
    Nft nft =
        Nft.find(loop)
            .orElseThrow(
                () ->
                    new ContainerException(
                        "the program nft, which --net bridge needs, was not found; install the"
                            + " package nftables"));
    List<Fd> ports = reserve(published);
    try (Fd lock = lock();
        Rtnetlink netlink = Rtnetlink.open()) {
      return joinLocked(nft, model, processors, published, ports, netlink, warn);
    } catch (RuntimeException e) {
      ports.forEach(Fd::close);
      if (e instanceof LinuxException failure) {
        throw new ContainerException(
            "the bridge " + NAME + " could not be joined: " + failure.getMessage(), e);
      }
      throw e;
    }
  }

  private static DefaultBridge joinLocked(
      Nft nft,
      MachineModel model,
      int processors,
      List<PublishedPort> published,
      List<Fd> ports,
      Rtnetlink netlink,
      Consumer<String> warn) {
    List<Member> members = members();
    Set<Integer> numbers = new HashSet<>();
    members.forEach(other -> numbers.add(other.number()));
    int number =
        BridgeAddresses.free(numbers)
            .orElseThrow(() -> new ContainerException("the bridge " + NAME + " is full"));
    Member member = new Member(number, published);
    Fd place = Files.open(MEMBERS + "/" + number, Open.O_RDWR | Open.O_CREAT, 0600);
    Optional<NetworkDevice> device = Optional.empty();
    try {
      place.lock(true);
      place.truncate(0);
      place.writeAll(member.text().getBytes(StandardCharsets.UTF_8));
      int mtu = mtu(netlink);
      Link bridge = bridge(netlink);
      BridgeNetworks networks = BridgeNetworks.of(netlink, bridge);
      device = Optional.of(TapDevice.create(0, TAP_PREFIX + number, processors));
      members.add(member);
      nft.apply(BridgeRules.tables(NAME, networks, members));
      Forwarding.allow(networks.v6().isPresent());
      ForwardPolicy.dropping(nft.chains())
          .ifPresent(
              chain ->
                  warn.accept(
                      "the host drops what it forwards ("
                          + chain
                          + ", as Docker sets it), so the container may reach this host only; allow"
                          + " it by: "
                          + FORWARD_REMEDY));
      return new DefaultBridge(nft, model, member, networks, mtu, device.get(), ports, place);
    } catch (RuntimeException e) {
      device.ifPresent(NetworkDevice::close);
      Files.removeIfExists(MEMBERS + "/" + number);
      place.close();
      try {
        settle(nft, netlink);
      } catch (ContainerException | LinuxException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /** Sockets that keep the published ports from other programs; nothing is received by them. */
  private static List<Fd> reserve(List<PublishedPort> published) {
    List<Fd> ports = new ArrayList<>();
    for (PublishedPort port : published) {
      InetSocket.Peer local = new InetSocket.Peer(0, port.host());
      try {
        ports.add(port.udp() ? InetSocket.receiver(local) : InetSocket.listen(local));
      } catch (LinuxException e) {
        ports.forEach(Fd::close);
        if (e.errno() == Errno.EADDRINUSE) {
          throw new ContainerException(
              "the port "
                  + port.host()
                  + "/"
                  + port.protocol()
                  + " of this host is in use; publish another one",
              e);
        }
        throw e;
      }
    }
    return ports;
  }

  private static Fd lock() {
    Files.makeDirectories(MEMBERS, 0700);
    Fd lock = Files.open(LOCK, Open.O_RDWR | Open.O_CREAT, 0600);
    lock.lock(true);
    return lock;
  }

  /** Those whose owners live; the files of others are removed. */
  private static List<Member> members() {
    List<Member> members = new ArrayList<>();
    for (String name : Files.list(MEMBERS)) {
      String path = MEMBERS + "/" + name;
      try (Fd file = Files.open(path, Open.O_RDWR)) {
        if (file.lock(false)) {
          Files.remove(path);
        } else {
          members.add(
              Member.parse(
                  Integer.parseInt(name),
                  new String(file.readAll(FILE_LIMIT), StandardCharsets.UTF_8)));
        }
      }
    }
    return members;
  }

  private static Link link(Rtnetlink netlink, String name) {
    return netlink
        .find(name)
        .orElseThrow(() -> new ContainerException("the interface " + name + " is gone"));
  }

  private static Link bridge(Rtnetlink netlink) {
    Optional<Link> present = netlink.find(NAME);
    if (present.isPresent()) {
      return present.get();
    }
    BridgeNetworks networks = BridgeNetworks.choose(netlink);
    netlink.addBridge(NAME);
    Link bridge = link(netlink, NAME);
    networks.address(netlink, bridge);
    netlink.setUp(bridge, true);
    Files.writeExisting("/proc/sys/net/ipv4/conf/" + NAME + "/route_localnet", "1");
    return bridge;
  }

  /** The longest packets that the way out takes. */
  private static int mtu(Rtnetlink netlink) {
    List<Link> links = netlink.links();
    return netlink.routes().stream()
        .filter(route -> route.destination().length() == 0)
        .flatMap(route -> links.stream().filter(link -> link.index() == route.link()))
        .mapToInt(Link::mtu)
        .filter(mtu -> mtu >= 576)
        .min()
        .orElse(1500);
  }

  /** Makes bridge and table what the members that are left need. */
  private static void settle(Nft nft, Rtnetlink netlink) {
    List<Member> members = members();
    Optional<Link> bridge = netlink.find(NAME);
    if (members.isEmpty()) {
      nft.apply(BridgeRules.remove(BridgeNetworks.hasV6()));
      bridge.ifPresent(netlink::remove);
    } else if (bridge.isPresent()) {
      nft.apply(BridgeRules.tables(NAME, BridgeNetworks.of(netlink, bridge.get()), members));
    }
  }

  /** Removes what owners left that were killed. */
  public static void sweep(EventLoop loop) {
    if (!Files.isDirectory(MEMBERS) || Files.list(MEMBERS).isEmpty()) {
      return;
    }
    Optional<Nft> nft = Nft.find(loop);
    if (nft.isPresent()) {
      try (Fd lock = lock();
          Rtnetlink netlink = Rtnetlink.open()) {
        int before = Files.list(MEMBERS).size();
        if (members().size() < before) {
          settle(nft.get(), netlink);
        }
      }
    }
  }

  /** The container's addresses, that of IPv4 first. */
  public List<IpAddress> addresses() {
    return networks.all().stream()
        .map(network -> BridgeAddresses.member(network, member.number()))
        .toList();
  }

  /** The device that the machine has to have. */
  public NetworkDevice device() {
    return device;
  }

  /**
   * Joins the machine, which runs, with the bridge: its guest gets its interface and the way out.
   */
  public void connect(Sandbox sandbox) {
    try (Rtnetlink netlink = Rtnetlink.open()) {
      // Made at join, or brought along by a machine that was ready.
      Link tap = link(netlink, TAP_PREFIX + member.number());
      netlink.setMtu(tap, mtu);
      netlink.addPort(link(netlink, NAME), tap);
      netlink.setUp(tap, true);
    }
    List<IPAddress> addresses = new ArrayList<>();
    List<Route> routes = new ArrayList<>();
    for (IpPrefix network : networks.all()) {
      IPFamily family =
          network.address().family() == IpAddress.Family.V6 ? IPFamily.V6 : IPFamily.V4;
      addresses.add(
          new IPAddress(
              family,
              BridgeAddresses.member(network, member.number()).toString(),
              Integer.toString(network.length())));
      routes.add(
          Route.DEFAULT
              .withFamily(family)
              .withGateway(BridgeAddresses.bridge(network).toString())
              .withDevice(GUEST_NAME));
    }
    sandbox.updateInterface(
        Interface.DEFAULT
            .withDevice(GUEST_NAME)
            .withName(GUEST_NAME)
            .withIpAddresses(addresses)
            .withMtu(mtu)
            .withHwAddr(
                BridgeAddresses.mac(BridgeAddresses.member(networks.v4(), member.number()))
                    .toString())
            .withDevicePath(model == MachineModel.Q35 ? device.pciPath() : ""));
    sandbox.updateRoutes(routes);
  }

  /** Gives the place up; with the last one go bridge and table. */
  @Override
  public void close() {
    if (!place.isOpen()) {
      return;
    }
    device.close();
    ports.forEach(Fd::close);
    try (Fd lock = lock();
        Rtnetlink netlink = Rtnetlink.open()) {
      Files.removeIfExists(MEMBERS + "/" + member.number());
      place.close();
      settle(nft, netlink);
    }
  }
}
