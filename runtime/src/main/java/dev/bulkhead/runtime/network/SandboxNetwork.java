package dev.bulkhead.runtime.network;

import dev.bulkhead.agentapi.ARPNeighbor;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.runtime.config.InternetworkingModel;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The network of one sandbox: the container's namespace on the host, the machine's taps in it, and
 * what joins the two. Its owner closes it, when the machine is gone; a killed owner's taps vanish
 * with it.
 */
public final class SandboxNetwork implements AutoCloseable {
  private static final String KIND = "net";
  // A new interface comes in several steps: moved in, named, given addresses, switched on.
  private static final long SETTLE_MILLIS = 30;

  // Docker starts its resolver when the interface is there already, of which nothing tells.
  private static final List<Long> RESOLVER_MILLIS = List.of(300L, 2_000L, 10_000L);

  private final EventLoop loop;
  private final Optional<Rtnetlink> netlink;
  private final Optional<Fd> namespace;
  // Fewer when an interface has gone that was its device's alone.
  private final List<Joint> joints;
  private final boolean byPciPath;
  private final int queues;
  private final Consumer<String> warn;
  private Optional<Rtnetlink.Follower> follower = Optional.empty();
  private List<Route> routes = List.of();
  private List<ARPNeighbor> neighbours = List.of();
  private List<String> warned = List.of();
  private List<Overlap> overlaps = List.of();
  private Optional<NameRelay> names = Optional.empty();
  private Optional<String> portsBefore = Optional.empty();
  private int jointCount;
  private boolean awaited;
  private boolean busy;
  private boolean closed;

  private SandboxNetwork(
      EventLoop loop,
      Optional<Rtnetlink> netlink,
      Optional<Fd> namespace,
      List<Joint> joints,
      boolean byPciPath,
      int queues,
      Consumer<String> warn) {
    this.loop = loop;
    this.netlink = netlink;
    this.namespace = namespace;
    this.joints = new ArrayList<>(joints);
    this.byPciPath = byPciPath;
    this.queues = queues;
    this.jointCount = joints.size();
    this.warn = warn;
  }

  /**
   * Makes the taps for a machine that is about to boot.
   *
   * @param queues how many of each device, as many as the machine has processors
   * @param pid a process in the container's network namespace
   * @param warn told what the machine does not get
   * @throws ContainerException if the namespace cannot be a machine's
   */
  public static SandboxNetwork open(
      EventLoop loop,
      NetworkSettings settings,
      MachineModel model,
      int queues,
      int pid,
      Consumer<String> warn) {
    Fd namespace = Namespaces.open(pid, KIND);
    boolean keep = false;
    try {
      boolean host = isHosts(namespace);
      if (host && !settings.allowHost()) {
        throw new ContainerException(
            "the container asks for the host's network, which a virtual machine cannot share:"
                + " give it a network of its own (without --network host), or set"
                + " allow_host_network in the configuration to run it with its loopback only");
      }
      if (host || settings.model() == InternetworkingModel.NONE) {
        return without(loop, warn);
      }
      keep = true;
      return within(namespace, () -> openIn(loop, settings, model, queues, namespace, warn));
    } finally {
      if (!keep) {
        namespace.close();
      }
    }
  }

  /** A sandbox that gets no network. */
  private static SandboxNetwork without(EventLoop loop, Consumer<String> warn) {
    return new SandboxNetwork(loop, Optional.empty(), Optional.empty(), List.of(), false, 0, warn);
  }

  private static <T> T within(Fd namespace, java.util.function.Supplier<T> action) {
    return Namespaces.within(namespace, Namespaces.NETWORK, KIND, action);
  }

  /** Whether it is this program's own, or that of the host's first process. */
  private static boolean isHosts(Fd namespace) {
    FileStatus its = Files.status(namespace);
    try (Fd own = Namespaces.openOwn(KIND)) {
      return its.isSameFile(Files.status(own)) || isFirstProcess(its);
    }
  }

  private static boolean isFirstProcess(FileStatus its) {
    try (Fd first = Namespaces.open(1, KIND)) {
      return its.isSameFile(Files.status(first));
    } catch (LinuxException e) {
      // A host whose first process nobody may look into; then this program's own has to do.
      if (e.errno() != Errno.EACCES && e.errno() != Errno.EPERM) {
        throw e;
      }
      return false;
    }
  }

  private static SandboxNetwork openIn(
      EventLoop loop,
      NetworkSettings settings,
      MachineModel model,
      int queues,
      Fd namespace,
      Consumer<String> warn) {
    List<Joint> joints = new ArrayList<>();
    Rtnetlink netlink = Rtnetlink.open();
    try {
      List<Endpoint> endpoints = NamespaceState.read(netlink).endpoints();
      if (netlink.links().stream().anyMatch(NamespaceState::isTap)) {
        if (!endpoints.isEmpty()) {
          throw new ContainerException(
              "the network interface "
                  + endpoints.getFirst().link().name()
                  + " belongs to another container's virtual machine, and two machines cannot share"
                  + " one; give this container a network of its own");
        }
        // The containers of a pod without a network.
        netlink.close();
        namespace.close();
        return without(loop, warn);
      }
      if (!endpoints.isEmpty()) {
        refuseIfUsed(endpoints.getFirst().link());
      }
      int count = count(settings, model, endpoints.size());
      for (int i = 0; i < count; i++) {
        boolean takesOver =
            settings.model() == InternetworkingModel.MACVTAP && i < endpoints.size();
        joints.add(
            takesOver
                ? Joint.takingOver(netlink, i, queues, endpoints.get(i))
                : Joint.withTap(netlink, i, queues));
      }
      return new SandboxNetwork(
          loop,
          Optional.of(netlink),
          Optional.of(namespace),
          joints,
          model == MachineModel.Q35,
          queues,
          warn);
    } catch (RuntimeException e) {
      for (Joint joint : joints) {
        joint.leave(netlink);
        joint.device().close();
      }
      netlink.close();
      namespace.close();
      if (e instanceof LinuxException failure) {
        throw new ContainerException(
            "the container's network could not be made ready: " + failure.getMessage(), e);
      }
      throw e;
    }
  }

  private static void refuseIfUsed(Link link) {
    NamespaceUsers.find()
        .ifPresent(
            user -> {
              throw new ContainerException(
                  "the network interface "
                      + link.name()
                      + " belongs to another container, whose process "
                      + user.pid()
                      + " ("
                      + user.name()
                      + ") would lose its network to this one's virtual machine; give this container"
                      + " a network of its own");
            });
  }

  /**
   * How many devices a machine gets for this many interfaces. One without a PCI bus has one device
   * only, which is found by being the only one.
   */
  public static int count(NetworkSettings settings, MachineModel model, int present) {
    return switch (model) {
      case Q35 -> {
        if (present > NetworkDevice.MOST) {
          throw new ContainerException(
              "the container has "
                  + present
                  + " network interfaces, but a machine has at most "
                  + NetworkDevice.MOST);
        }
        yield Math.min(NetworkDevice.MOST, Math.max(1, present) + settings.spareDevices());
      }
      case MICROVM -> 1;
    };
  }

  /** The devices that the machine has to have. */
  public List<NetworkDevice> devices() {
    return joints.stream().map(Joint::device).toList();
  }

  /**
   * Gives the guest the network that the namespace has now, and from now on what it gets.
   *
   * @throws ContainerException if there is something that a machine cannot have, or its guest
   *     refuses it
   */
  public void connect(Sandbox sandbox) {
    if (netlink.isEmpty()) {
      return;
    }
    Rtnetlink.Follower following =
        within(namespace.orElseThrow(), () -> Rtnetlink.Follower.of(loop, () -> changed(sandbox)));
    try {
      within(namespace.orElseThrow(), this::machineStarted);
      synchronise(sandbox);
      lookForResolver(sandbox);
      follower = Optional.of(following);
    } catch (LinuxException | AgentException e) {
      throw new ContainerException(
          "the container's network could not be joined with its machine: "
              + e.getMessage()
              + overlapWords(),
          e);
    } finally {
      if (follower.isEmpty()) {
        following.close();
      }
    }
  }

  private boolean machineStarted() {
    joints.forEach(joint -> joint.machineStarted(netlink.orElseThrow()));
    return true;
  }

  private void changed(Sandbox sandbox) {
    if (!awaited) {
      awaited = true;
      loop.schedule(SETTLE_MILLIS, () -> follow(sandbox));
    }
  }

  private void follow(Sandbox sandbox) {
    awaited = false;
    if (closed || follower.isEmpty()) {
      return;
    }
    if (busy) {
      changed(sandbox);
      return;
    }
    try {
      synchronise(sandbox);
    } catch (AgentException
        | LinuxException
        | ContainerException
        | HypervisorException
        | SandboxException e) {
      warn.accept(
          "a change of the container's network did not reach it: "
              + e.getMessage()
              + overlapWords());
    }
    lookForResolver(sandbox);
    if (names.isEmpty()) {
      RESOLVER_MILLIS.forEach(millis -> loop.schedule(millis, () -> lookForResolver(sandbox)));
    }
  }

  /** Lets the guest use Docker's resolver, from when it is there. */
  private void lookForResolver(Sandbox sandbox) {
    if (closed || names.isPresent()) {
      return;
    }
    Fd place = namespace.orElseThrow();
    try {
      if (!within(place, DockerResolver::isHere)) {
        return;
      }
      NameRelay relay =
          new NameRelay(
              loop, place, DockerResolver.PEER, DockerResolver.ADDRESS, sandbox.agent(), warn);
      names = Optional.of(relay);
      relay.listen();
      portsBefore = within(place, DockerResolver::separatePorts);
      joints.forEach(joint -> joint.admitAnswers(netlink.orElseThrow()));
    } catch (LinuxException e) {
      warn.accept("names of Docker's network may not be known in the guest: " + e.getMessage());
    }
  }

  private void synchronise(Sandbox sandbox) {
    busy = true;
    try {
      NamespaceState state = NamespaceState.read(netlink.orElseThrow());
      warnOnce(state.unfit());
      warnOfOverlaps();
      for (Joint joint : List.copyOf(joints)) {
        boolean gone =
            state.endpoints().stream().noneMatch(endpoint -> joint.isFor(endpoint.link()));
        if (joint.isTaken() && gone) {
          part(joint, sandbox);
        }
      }
      for (Endpoint endpoint : state.endpoints()) {
        join(endpoint, sandbox);
      }
      List<Route> newRoutes = AgentMessages.routes(state);
      if (!newRoutes.equals(routes)) {
        sandbox.updateRoutes(newRoutes);
        routes = newRoutes;
      }
      List<ARPNeighbor> newNeighbours = AgentMessages.neighbours(state);
      if (!newNeighbours.equals(neighbours)) {
        sandbox.addNeighbours(newNeighbours);
        neighbours = newNeighbours;
      }
    } finally {
      busy = false;
    }
  }

  private void warnOnce(List<String> unfit) {
    for (String words : unfit) {
      if (!warned.contains(words)) {
        warn.accept("the machine does not get " + words);
      }
    }
    warned = unfit;
  }

  private void warnOfOverlaps() {
    List<Overlap> found = Overlap.find(netlink.orElseThrow());
    for (Overlap overlap : found) {
      if (!overlaps.contains(overlap)) {
        warn.accept(
            overlap.words()
                + " in the container's network, so that some addresses of the one are looked for on"
                + " the other; give one of the two networks another subnet");
      }
    }
    overlaps = found;
  }

  /** What may be the reason when the guest refuses what its namespace has. */
  private String overlapWords() {
    StringBuilder words = new StringBuilder();
    for (Overlap overlap : overlaps) {
      words.append("; ").append(overlap.words());
    }
    return words.toString();
  }

  private void join(Endpoint endpoint, Sandbox sandbox) {
    Optional<Joint> present =
        joints.stream().filter(joint -> joint.isFor(endpoint.link())).findFirst();
    if (present.isPresent() && present.get().knows(endpoint)) {
      return;
    }
    Joint joint =
        present
            .or(() -> joints.stream().filter(Joint::isFree).findFirst())
            .orElseGet(() -> plug(endpoint, sandbox));
    Rtnetlink kernel = netlink.orElseThrow();
    if (present.isEmpty()) {
      refuseIfFiltered(kernel, endpoint.link());
    }
    joint.join(kernel, endpoint);
    if (present.isEmpty() && names.isPresent()) {
      joint.admitAnswers(kernel);
    }
    // Addresses and routes go with an interface that is switched off to be renamed.
    routes = List.of();
    neighbours = List.of();
    sandbox.updateInterface(
        AgentMessages.networkInterface(endpoint, joint.guestName(), pciPath(joint)));
    joint.told();
  }

  /** Gives the machine another device, which it has from then on. */
  private Joint plug(Endpoint endpoint, Sandbox sandbox) {
    Rtnetlink kernel = netlink.orElseThrow();
    int index = jointCount++;
    Joint joint =
        within(namespace.orElseThrow(), () -> Joint.withUnpluggedTap(kernel, index, queues));
    try {
      joint.plugged(sandbox.machine().addNetworkDevice(joint.device()));
    } catch (HypervisorException e) {
      joint.device().close();
      throw new ContainerException(
          "the interface "
              + endpoint.link().name()
              + " finds no free network device in the machine, which has "
              + joints.size()
              + ", and "
              + e.getMessage()
              + "; raise spare_network_devices in the configuration",
          e);
    }
    joints.add(joint);
    return joint;
  }

  private static void refuseIfFiltered(Rtnetlink kernel, Link link) {
    if (kernel.filtering(link) == Rtnetlink.Filtering.SOMEBODY_ELSE) {
      throw new ContainerException(
          "the network interface "
              + link.name()
              + " is taken: what it receives is filtered by somebody else, as 'tc filter show dev "
              + link.name()
              + " ingress' in the container's network namespace shows; remove these filters, or give"
              + " the container a network of its own");
    }
  }

  private void part(Joint joint, Sandbox sandbox) {
    if (!joint.part(netlink.orElseThrow())) {
      // The hypervisor would go on to look for frames where there is nothing any more.
      sandbox.machine().disconnect(joint.device());
      joint.device().close();
      joints.remove(joint);
    }
    if (byPciPath) {
      sandbox.updateInterface(Interface.DEFAULT.withDevicePath(pciPath(joint)));
    }
  }

  private void restorePorts(String range) {
    within(
        namespace.orElseThrow(),
        () -> {
          DockerResolver.restorePorts(range);
          return range;
        });
  }

  private String pciPath(Joint joint) {
    return byPciPath ? joint.device().pciPath() : "";
  }

  /**
   * Removes from a namespace what an owner left that was killed; of one with a machine that lives,
   * or that is gone itself, nothing.
   *
   * @param path the namespace's file
   */
  public static void leave(String path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Fd namespace = Files.open(path, Open.O_RDONLY)) {
      within(
          namespace,
          () -> {
            try (Rtnetlink netlink = Rtnetlink.open()) {
              leave(netlink);
            }
            return path;
          });
    }
  }

  private static void leave(Rtnetlink netlink) {
    List<Link> links = netlink.links();
    if (links.stream().anyMatch(NamespaceState::isTap)) {
      return;
    }
    for (Link link : links) {
      if (NamespaceState.isMacvtap(link)) {
        netlink.remove(link);
      } else if (netlink.filtering(link) == Rtnetlink.Filtering.OURS) {
        netlink.stopRedirect(link);
        netlink.receiveJoinedMulticast(link);
      }
    }
  }

  /** Leaves the namespace as it was found. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    follower.ifPresent(Rtnetlink.Follower::close);
    names.ifPresent(NameRelay::close);
    try {
      portsBefore.ifPresent(this::restorePorts);
      for (Joint joint : joints) {
        joint.leave(netlink.orElseThrow());
      }
    } finally {
      joints.forEach(joint -> joint.device().close());
      netlink.ifPresent(Rtnetlink::close);
      namespace.ifPresent(Fd::close);
    }
  }
}
