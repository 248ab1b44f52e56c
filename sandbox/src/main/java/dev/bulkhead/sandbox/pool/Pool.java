package dev.bulkhead.sandbox.pool;

import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.template.TemplateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Takes machines from keepers. */
public final class Pool {
  private static final long KEEPER_MILLIS = 1_000;
  private static final String NETWORK = "net";

  private final EventLoop loop;
  private final Hypervisor hypervisor;
  private final PoolDirectory directory;
  private final IntConsumer home;
  private final Consumer<String> warn;

  /**
   * The pool of a host.
   *
   * @param hypervisor that the keepers' machines are of
   * @param home puts a process where this one's own children would be
   * @param warn told in one sentence why a machine that is ready could not be taken
   */
  public Pool(
      EventLoop loop,
      Hypervisor hypervisor,
      PoolDirectory directory,
      IntConsumer home,
      Consumer<String> warn) {
    this.loop = loop;
    this.hypervisor = hypervisor;
    this.directory = directory;
    this.home = home;
    this.warn = warn;
  }

  /**
   * Whether there has been a pool on this host; most have none, and need not look for a machine.
   */
  public boolean isThere() {
    return directory.exists();
  }

  /**
   * Takes a machine that is ready.
   *
   * <p>It sees what the specification's share has below {@link SharedDirectory#CONTAINERS}, now and
   * later. Its taps take the places of those in the specification, which are removed: their names,
   * in their namespaces, switched off.
   *
   * @return empty if there is none of this kind
   */
  public Optional<VirtualMachine> take(TemplateKey key, MachineSpec spec) {
    List<String> sockets = directory.find(key).map(PoolDirectory.Kind::sockets).orElse(List.of());
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    List<Place> places = new ArrayList<>();
    try {
      for (NetworkDevice device : spec.networkDevices()) {
        Place.of(device).ifPresent(places::add);
      }
      if (places.size() < spec.networkDevices().size()) {
        return Optional.empty();
      }
      for (String socket : sockets) {
        Optional<Fd> keeper = UnixSocket.connectIfListening(socket);
        if (keeper.isPresent()) {
          Optional<VirtualMachine> taken = take(keeper.get(), places, spec);
          if (taken.isPresent()) {
            return taken;
          }
        }
      }
      return Optional.empty();
    } finally {
      places.forEach(Place::close);
    }
  }

  private Optional<VirtualMachine> take(Fd keeper, List<Place> places, MachineSpec spec) {
    Optional<HandOver> given = Optional.empty();
    boolean taken = false;
    try {
      given = receive(keeper);
      if (given.isEmpty()) {
        return Optional.empty();
      }
      HandOver handOver = given.get();
      home.accept(UnixSocket.peerProcess(keeper));
      home.accept(Processes.pidOf(handOver.machine().process()));
      for (Share share : spec.shares()) {
        if (share instanceof Share.NineP nineP) {
          join(handOver.share(), nineP.directory());
        }
      }
      handOver.network().ifPresent(network -> replaceTaps(network, places));
      VirtualMachine machine = hypervisor.adopt(spec, handOver.machine(), keeper);
      taken = true;
      handOver.share().close();
      handOver.network().ifPresent(Fd::close);
      return Optional.of(machine);
    } catch (LinuxException e) {
      warn.accept("a machine of the pool could not be taken: " + e.getMessage());
      return Optional.empty();
    } finally {
      if (!taken) {
        given.ifPresent(HandOver::discard);
        keeper.close();
      }
    }
  }

  /** What the keeper sends at once, unless it is stopped, or another one was faster. */
  private Optional<HandOver> receive(Fd keeper) {
    boolean[] ready = new boolean[1];
    try (EventLoop.Watch watch =
        loop.watch(keeper, EventLoop.READABLE, events -> ready[0] = true)) {
      return loop.runUntil(() -> ready[0], KEEPER_MILLIS)
          ? HandOver.receive(keeper)
          : Optional.empty();
    } catch (LinuxException e) {
      if (e.errno() != Errno.ECONNRESET) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** Lets the machine see the containers' files of a share, and what will be mounted there. */
  private static void join(DetachedMount machines, String share) {
    String place = share + "-pooled";
    Files.makeDirectory(place, 0700);
    machines.attach(place);
    try (DetachedMount containers =
        DetachedMount.copyOf(share + SharedDirectory.CONTAINERS, true)) {
      // As with a share of its own: the hypervisor may only write to what is mounted below.
      containers.setAttributes(
          false, DetachedMount.READ_ONLY | DetachedMount.NO_SUID | DetachedMount.NO_DEVICES, 0);
      containers.attach(place + SharedDirectory.CONTAINERS);
    }
  }

  /** Where a tap is that a pooled machine's own takes the place of. */
  private record Place(String name, Fd namespace) {
    /** Empty for a macvtap, which no tap can stand in for. */
    static Optional<Place> of(NetworkDevice device) {
      Fd tap = device.taps().getFirst();
      return Network.tapNamespace(tap).map(namespace -> new Place(Network.tapName(tap), namespace));
    }

    void close() {
      namespace.close();
    }
  }

  private static void replaceTaps(Fd waiting, List<Place> places) {
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      String pooled = tapName(i);
      within(place.namespace(), netlink -> netlink.remove(link(netlink, place.name())));
      within(
          waiting, netlink -> netlink.move(link(netlink, pooled), place.namespace(), place.name()));
    }
  }

  /** What a tap of a machine that is ready is called, in the namespace where it waits. */
  public static String tapName(int index) {
    return "tap" + index;
  }

  private static void within(Fd namespace, Consumer<Rtnetlink> action) {
    Namespaces.within(
        namespace,
        Namespaces.NETWORK,
        NETWORK,
        () -> {
          try (Rtnetlink netlink = Rtnetlink.open()) {
            action.accept(netlink);
            return netlink;
          }
        });
  }

  private static Link link(Rtnetlink netlink, String name) {
    return netlink
        .find(name)
        .orElseThrow(() -> new LinuxException("rtnetlink", name, Errno.ENODEV));
  }
}
