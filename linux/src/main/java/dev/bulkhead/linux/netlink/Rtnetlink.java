package dev.bulkhead.linux.netlink;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A conversation with the kernel about the network of one namespace: the one that the process was
 * in when it was opened, wherever the process goes later. Its owner closes it.
 *
 * <p>What the kernel refuses is a {@link LinuxException} that names what was to be changed.
 */
public final class Rtnetlink implements AutoCloseable {
  // The kernel fills no larger buffer, and a shorter one would cut messages.
  private static final int BUFFER = 64 << 10;
  private static final int SEQUENCE_OFFSET = 8;
  private static final int TCP = 6;
  private static final int UDP = 17;

  private final Fd socket;
  private final byte[] buffer = new byte[BUFFER];
  private int sequence;

  private Rtnetlink(Fd socket) {
    this.socket = socket;
  }

  /** Opens one for the namespace that the process is in. */
  public static Rtnetlink open() {
    return new Rtnetlink(Network.routeSocket(0));
  }

  /** The interfaces. */
  public List<Link> links() {
    return dump(Requests.links(), "interfaces", Replies::addLink);
  }

  /** The IP addresses of all interfaces. */
  public List<Address> addresses() {
    return dump(Requests.addresses(), "addresses", Replies::addAddress);
  }

  /** The routes of all tables. */
  public List<Route> routes() {
    return dump(Requests.routes(), "routes", Replies::addRoute);
  }

  /** The neighbours on all links. */
  public List<Neighbour> neighbours() {
    return dump(Requests.neighbours(), "neighbours", Replies::addNeighbour);
  }

  private <T> List<T> dump(byte[] request, String subject, Replies.Adder<T> adder) {
    List<T> list = new ArrayList<>();
    exchange(request, subject, (type, content) -> adder.add(type, content, list));
    return list;
  }

  /** Who filters what an interface receives. */
  public enum Filtering {
    NOBODY,
    /** What {@link #redirect} made. */
    OURS,
    SOMEBODY_ELSE
  }

  /** Asks who filters what an interface receives. */
  public Filtering filtering(Link link) {
    List<String> cookies = dump(Requests.filters(link.index()), link.name(), Replies::addFilter);
    if (cookies.isEmpty()) {
      return Filtering.NOBODY;
    }
    return cookies.contains(Requests.COOKIE) ? Filtering.OURS : Filtering.SOMEBODY_ELSE;
  }

  /** Switches an interface on or off. */
  public void setUp(Link link, boolean up) {
    command(Requests.setFlags(link.index(), up ? Link.UP : 0, Link.UP), link.name());
  }

  /** Switches whether an interface asks for link addresses. */
  public void setArp(Link link, boolean arp) {
    command(Requests.setFlags(link.index(), arp ? 0 : Link.NO_ARP, Link.NO_ARP), link.name());
  }

  /** Renames an interface, which must be off. */
  public void rename(Link link, String name) {
    command(Requests.rename(link.index(), name), link.name() + " to " + name);
  }

  /** Moves an interface, which must be off, to another network namespace. */
  public void move(Link link, Fd namespace, String name) {
    command(
        Requests.move(link.index(), namespace.number(), name),
        link.name() + " to " + name + " in another namespace");
  }

  /** Sets the longest packet of an interface. */
  public void setMtu(Link link, int mtu) {
    command(Requests.setMtu(link.index(), mtu), link.name() + " mtu " + mtu);
  }

  /** Sets the link address of an interface. */
  public void setMac(Link link, MacAddress mac) {
    command(Requests.setMac(link.index(), mac), link.name() + " address " + mac);
  }

  /** The interface of this name. */
  public Optional<Link> find(String name) {
    return links().stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** Makes a bridge, which is off. */
  public void addBridge(String name) {
    command(Requests.addBridge(name), name);
  }

  /** Makes a macvtap, which is off, that takes over an interface nothing else is on top of. */
  public void addMacvtap(String name, Link lower) {
    command(Requests.addMacvtap(name, lower.index()), name + " over " + lower.name());
  }

  /** Lets an interface receive what is sent to any group, whichever its kernel has joined. */
  public void receiveAllMulticast(Link link) {
    command(Requests.setFlags(link.index(), Link.ALL_MULTICAST, Link.ALL_MULTICAST), link.name());
  }

  /** Ends what {@link #receiveAllMulticast} began; an interface that is gone is fine. */
  public void receiveJoinedMulticast(Link link) {
    try {
      command(Requests.setFlags(link.index(), 0, Link.ALL_MULTICAST), link.name());
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  /** Makes one interface a port of a bridge. */
  public void addPort(Link bridge, Link port) {
    command(Requests.setMaster(port.index(), bridge.index()), port.name());
  }

  /** Removes an interface that was made, not a device. */
  public void remove(Link link) {
    command(Requests.removeLink(link.index()), link.name());
  }

  /** Gives an interface an address; one that it has already is fine. */
  public void addAddress(Address address) {
    command(Requests.addAddress(address), "address " + address.prefix());
  }

  /** Takes an address away from its interface. */
  public void removeAddress(Address address) {
    command(Requests.removeAddress(address), "address " + address.prefix());
  }

  /** Makes a route, in place of one to the same destination with the same metric. */
  public void putRoute(Route route) {
    command(Requests.putRoute(route), "route " + route.words());
  }

  /** Removes a route. */
  public void removeRoute(Route route) {
    command(Requests.removeRoute(route), "route " + route.words());
  }

  /** Notes down a neighbour, in place of what is known of it. */
  public void putNeighbour(Neighbour neighbour) {
    command(Requests.putNeighbour(neighbour), "neighbour " + neighbour.address());
  }

  /**
   * Lets all that one interface receives leave by another one, unseen by the rest of the kernel.
   * Filters on what {@code from} receives that were there before are removed.
   */
  public void redirect(Link from, Link to) {
    stopRedirect(from);
    String subject = from.name() + " to " + to.name();
    command(Requests.addIngress(from.index()), subject);
    command(Requests.redirect(from.index(), to.index()), subject);
  }

  /**
   * Lets the kernel see some of what {@link #redirect} takes away from it: ARP messages, which go
   * both ways then, and IPv4 packets of UDP and TCP from a port to its ports of {@code firstPort}
   * and more, which the other interface does not get then.
   *
   * @param firstPort such that the ports from there on have its bits in common, as 61440
   */
  public void share(Link from, Link to, int sourcePort, int firstPort) {
    String subject = from.name() + " with " + to.name();
    command(Requests.mirrorArp(from.index(), to.index()), subject);
    command(Requests.receive(from.index(), UDP, sourcePort, firstPort), subject);
    command(Requests.receive(from.index(), TCP, sourcePort, firstPort), subject);
  }

  /**
   * Ends what {@link #redirect} and {@link #share} began; an interface that has none, or is gone,
   * is fine.
   */
  public void stopRedirect(Link from) {
    try {
      command(Requests.removeIngress(from.index()), from.name());
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.EINVAL && e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  private void command(byte[] request, String subject) {
    exchange(request, subject, (type, content) -> {});
  }

  private interface Content {
    void message(int type, MessageReader content);
  }

  private void exchange(byte[] request, String subject, Content content) {
    sequence++;
    for (int i = 0; i < 4; i++) {
      request[SEQUENCE_OFFSET + i] = (byte) (sequence >>> (8 * i));
    }
    socket.writeAll(request);
    Replies.Receiver receiver =
        new Replies.Receiver() {
          @Override
          public void message(int type, MessageReader message) {
            content.message(type, message);
          }

          @Override
          public void refused(int errno) {
            throw new LinuxException("rtnetlink", subject, errno);
          }
        };
    Replies.Progress progress = Replies.Progress.OPEN;
    while (progress == Replies.Progress.OPEN) {
      int length = socket.read(buffer, 0, buffer.length);
      progress = Replies.read(buffer, length, sequence, receiver);
    }
  }

  @Override
  public void close() {
    socket.close();
  }

  /** Calls {@code changed} after changes of the namespace's network, until it is closed. */
  public static final class Follower implements AutoCloseable {
    // RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE
    private static final int GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

    private final Fd socket;
    private final byte[] buffer = new byte[BUFFER];
    private final EventLoop.Watch watch;

    private Follower(EventLoop loop, Fd socket, Runnable changed) {
      this.socket = socket;
      this.watch =
          loop.watch(
              socket,
              EventLoop.READABLE,
              events -> {
                drain();
                changed.run();
              });
    }

    /** Follows the namespace that the process is in. */
    public static Follower of(EventLoop loop, Runnable changed) {
      return new Follower(loop, Network.routeSocket(GROUPS).setNonBlocking(true), changed);
    }

    /** Which changes there were is not asked: there may have been more than the socket keeps. */
    private void drain() {
      int count = 1;
      while (count > 0) {
        try {
          count = socket.read(buffer, 0, buffer.length);
        } catch (LinuxException e) {
          if (e.errno() != Errno.ENOBUFS) {
            throw e;
          }
        }
      }
    }

    @Override
    public void close() {
      watch.close();
      socket.close();
    }
  }
}
