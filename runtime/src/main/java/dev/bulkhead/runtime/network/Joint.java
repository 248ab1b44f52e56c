package dev.bulkhead.runtime.network;

import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.List;
import java.util.Optional;

/**
 * A network device of the machine, the interface of the namespace that it is joined with, and what
 * the guest knows of that. The device's side on the host is a tap, which can be joined with one
 * interface after the other, or a macvtap, which is one interface's from the beginning to its end.
 */
final class Joint {
  /** Kinds over which the kernel makes no macvtap that has all that they receive. */
  private static final List<String> SHARED_KINDS = List.of("macvlan", "macvtap", "ipvlan");

  private Link side;
  private final int index;
  private final boolean macvtap;
  private NetworkDevice device;
  private Optional<Endpoint> endpoint;
  private Optional<Endpoint> told = Optional.empty();
  // Whether it is for this one that the interface receives what is sent to any group.
  private boolean opened;

  private Joint(
      NetworkDevice device, Link side, int index, boolean macvtap, Optional<Endpoint> endpoint) {
    this.device = device;
    this.side = side;
    this.index = index;
    this.macvtap = macvtap;
    this.endpoint = endpoint;
  }

  /**
   * A device with a tap, for whatever interface will come.
   *
   * @param index the device's, from 0 on
   */
  static Joint withTap(Rtnetlink netlink, int index, int queues) {
    String name = NamespaceState.TAP_PREFIX + index;
    NetworkDevice device = TapDevice.create(index, name, queues);
    return new Joint(device, link(netlink, name), index, false, Optional.empty());
  }

  /** As {@link #withTap}, of a device that is still to be plugged into the machine. */
  static Joint withUnpluggedTap(Rtnetlink netlink, int index, int queues) {
    String name = NamespaceState.TAP_PREFIX + index;
    NetworkDevice device = TapDevice.createUnplugged(name, queues);
    return new Joint(device, link(netlink, name), index, false, Optional.empty());
  }

  /** The machine runs, and may have brought a tap of its own in place of the one that was made. */
  void machineStarted(Rtnetlink netlink) {
    if (!macvtap) {
      side = link(netlink, side.name());
      TapDevice.silence(side.name());
    }
  }

  /** The device is in the machine. */
  void plugged(NetworkDevice atItsPlace) {
    device = atItsPlace;
  }

  /** A device with a macvtap that takes an interface over; with a tap if it cannot be taken. */
  static Joint takingOver(Rtnetlink netlink, int index, int queues, Endpoint endpoint) {
    if (SHARED_KINDS.contains(endpoint.link().kind())) {
      return withTap(netlink, index, queues);
    }
    String name = NamespaceState.TAP_PREFIX + index;
    try {
      netlink.addMacvtap(name, endpoint.link());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EINVAL && e.errno() != Errno.EBUSY) {
        throw e;
      }
      // Another interface is on top of it.
      return withTap(netlink, index, queues);
    }
    Link side = link(netlink, name);
    try {
      netlink.receiveAllMulticast(side);
      netlink.setUp(side, true);
      NetworkDevice device = TapDevice.of(index, side, queues);
      return new Joint(device, side, index, true, Optional.of(endpoint));
    } catch (RuntimeException e) {
      netlink.remove(side);
      throw e;
    }
  }

  private static Link link(Rtnetlink netlink, String name) {
    return netlink
        .find(name)
        .orElseThrow(() -> new ContainerException("the interface " + name + " is gone"));
  }

  NetworkDevice device() {
    return device;
  }

  /** What the guest calls it until it knows better. */
  String guestName() {
    return "eth" + index;
  }

  boolean isFree() {
    return endpoint.isEmpty() && !macvtap;
  }

  boolean isTaken() {
    return endpoint.isPresent();
  }

  boolean isFor(Link link) {
    return endpoint.filter(present -> present.link().index() == link.index()).isPresent();
  }

  boolean knows(Endpoint present) {
    return told.equals(Optional.of(present));
  }

  /** Joins the free device with an interface, or follows what has changed of its own. */
  void join(Rtnetlink netlink, Endpoint present) {
    boolean isNew = isFree();
    netlink.setMtu(side, present.link().mtu());
    endpoint = Optional.of(present);
    told = Optional.empty();
    if (isNew) {
      netlink.setUp(side, true);
      netlink.redirect(present.link(), side);
      netlink.redirect(side, present.link());
      receiveForGuest(netlink, present);
    }
  }

  /** Only the guest knows which groups it joins; a macvlan or a card would keep them from it. */
  private void receiveForGuest(Rtnetlink netlink, Endpoint present) {
    opened = !present.link().receivesAllMulticast();
    if (opened) {
      netlink.receiveAllMulticast(present.link());
      endpoint =
          Optional.of(new Endpoint(present.link().receivingAllMulticast(), present.addresses()));
    }
  }

  /** The guest has its interface as it is. */
  void told() {
    told = endpoint;
  }

  /** Lets the answers of outside servers pass to Docker's resolver, where filters can do that. */
  void admitAnswers(Rtnetlink netlink) {
    if (!macvtap) {
      endpoint.ifPresent(present -> DockerResolver.admitAnswers(netlink, present.link(), side));
    }
  }

  /**
   * Parts the device from an interface that is gone.
   *
   * @return whether it is free for another one
   */
  boolean part(Rtnetlink netlink) {
    endpoint = Optional.empty();
    told = Optional.empty();
    if (!macvtap) {
      netlink.stopRedirect(side);
      netlink.setUp(side, false);
    }
    return !macvtap;
  }

  /** Leaves the interface as it was found. */
  void leave(Rtnetlink netlink) {
    if (endpoint.isPresent()) {
      if (macvtap) {
        netlink.remove(side);
      } else {
        netlink.stopRedirect(endpoint.get().link());
        if (opened) {
          netlink.receiveJoinedMulticast(endpoint.get().link());
        }
      }
    }
  }
}
