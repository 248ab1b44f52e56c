package dev.bulkhead.linux.netlink;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What is asked of the kernel, as bytes: the messages of rtnetlink(7), and of tc(8) for what
 * include/uapi/linux/pkt_sched.h and pkt_cls.h declare.
 */
final class Requests {
  static final int NEW_LINK = 16;
  static final int DELETE_LINK = 17;
  static final int GET_LINK = 18;
  static final int NEW_ADDRESS = 20;
  static final int DELETE_ADDRESS = 21;
  static final int GET_ADDRESS = 22;
  static final int NEW_ROUTE = 24;
  static final int DELETE_ROUTE = 25;
  static final int GET_ROUTE = 26;
  static final int NEW_NEIGHBOUR = 28;
  static final int GET_NEIGHBOUR = 30;
  private static final int NEW_QDISC = 36;
  private static final int DELETE_QDISC = 37;
  static final int NEW_FILTER = 44;
  private static final int GET_FILTER = 46;

  private static final int REQUEST = 0x1;
  private static final int ACKNOWLEDGE = 0x4;
  private static final int REPLACE = 0x100;
  private static final int EXCLUSIVE = 0x200;
  private static final int DUMP = 0x300;
  private static final int CREATE = 0x400;

  static final int LINK_MAC = 1;
  static final int LINK_NAME = 3;
  static final int LINK_NAMESPACE = 28;
  static final int LINK_MTU = 4;
  static final int LINK_LOWER = 5;
  static final int LINK_MASTER = 10;
  static final int LINK_INFO = 18;
  static final int LINK_LOWER_NAMESPACE = 37;
  static final int LINK_INFO_KIND = 1;
  private static final int LINK_INFO_DATA = 2;
  private static final int MACVLAN_MODE = 1;
  private static final int MACVLAN_PASSTHRU = 8;
  static final int ADDRESS_PEER = 1;
  static final int ADDRESS_LOCAL = 2;
  private static final int ADDRESS_BROADCAST = 4;
  private static final int ADDRESS_FLAGS = 8;
  private static final int NO_DUPLICATE_DETECTION = 0x2;
  static final int ROUTE_DESTINATION = 1;
  static final int ROUTE_LINK = 4;
  static final int ROUTE_GATEWAY = 5;
  static final int ROUTE_METRIC = 6;
  static final int ROUTE_SOURCE = 7;
  static final int ROUTE_METRICS = 8;
  static final int ROUTE_TABLE = 15;
  static final int ROUTE_METRICS_MTU = 2;
  static final int NEIGHBOUR_ADDRESS = 1;
  static final int NEIGHBOUR_MAC = 2;

  // An address of a network of two or one has nobody to broadcast to.
  private static final int LONGEST_BROADCAST_PREFIX = 30;

  static final int QDISC_KIND = 1;
  static final int QDISC_OPTIONS = 2;
  private static final int INGRESS_HANDLE = 0xffff0000;
  private static final int INGRESS_PARENT = 0xfffffff1;
  // What "ingress" and "clsact" both take for the filters on what is received.
  private static final int INGRESS_FILTERS = 0xfffffff2;
  // Filters are asked by priority, lowest first; the protocol is in network order.
  private static final int FIRST_ARP = 1 << 16 | 0x0608;
  private static final int SECOND_IP = 2 << 16 | 0x0008;
  private static final int THIRD_ALL = 3 << 16 | 0x0300;
  private static final int U32_SELECTOR = 5;
  static final int U32_ACTIONS = 7;
  private static final int ACTION_KIND = 1;
  private static final int ACTION_OPTIONS = 2;
  private static final int MIRRED_PARAMETERS = 2;
  static final int ACTION_COOKIE = 6;
  private static final int ACTION_PASS = 0;
  private static final int ACTION_STOLEN = 4;
  private static final int EGRESS_REDIRECT = 1;
  private static final int EGRESS_MIRROR = 2;

  /** What our filters are known by. */
  static final String COOKIE = "bulkhead";

  private Requests() {}

  static byte[] links() {
    return linkMessage(GET_LINK, REQUEST | DUMP, 0, 0, 0).finish();
  }

  static byte[] addresses() {
    return new MessageWriter(GET_ADDRESS, REQUEST | DUMP).u32(0).u32(0).finish();
  }

  static byte[] routes() {
    return new MessageWriter(GET_ROUTE, REQUEST | DUMP).u32(0).u32(0).u32(0).finish();
  }

  static byte[] neighbours() {
    return new MessageWriter(GET_NEIGHBOUR, REQUEST | DUMP).u32(0).u32(0).u32(0).finish();
  }

  static byte[] setFlags(int link, int flags, int mask) {
    return change(link, flags, mask).finish();
  }

  static byte[] rename(int link, String name) {
    return change(link, 0, 0).attribute(LINK_NAME, name).finish();
  }

  static byte[] move(int link, int namespace, String name) {
    return change(link, 0, 0)
        .attribute(LINK_NAME, name)
        .attribute(LINK_NAMESPACE, namespace)
        .finish();
  }

  static byte[] setMtu(int link, int mtu) {
    return change(link, 0, 0).attribute(LINK_MTU, mtu).finish();
  }

  static byte[] setMac(int link, MacAddress mac) {
    return change(link, 0, 0).attribute(LINK_MAC, mac.bytes()).finish();
  }

  static byte[] setMaster(int link, int master) {
    return change(link, 0, 0).attribute(LINK_MASTER, master).finish();
  }

  /** A bridge between interfaces. */
  static byte[] addBridge(String name) {
    MessageWriter writer =
        linkMessage(NEW_LINK, REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE, 0, 0, 0)
            .attribute(LINK_NAME, name);
    return writer.nested(LINK_INFO, () -> writer.attribute(LINK_INFO_KIND, "bridge")).finish();
  }

  /** An interface that has all that another one receives, and sends by it under its address. */
  static byte[] addMacvtap(String name, int lower) {
    MessageWriter writer =
        linkMessage(NEW_LINK, REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE, 0, 0, 0)
            .attribute(LINK_NAME, name)
            .attribute(LINK_LOWER, lower);
    return writer
        .nested(
            LINK_INFO,
            () ->
                writer
                    .attribute(LINK_INFO_KIND, "macvtap")
                    .nested(LINK_INFO_DATA, () -> writer.attribute(MACVLAN_MODE, MACVLAN_PASSTHRU)))
        .finish();
  }

  static byte[] removeLink(int link) {
    return linkMessage(DELETE_LINK, REQUEST | ACKNOWLEDGE, link, 0, 0).finish();
  }

  private static MessageWriter change(int link, int flags, int mask) {
    return linkMessage(NEW_LINK, REQUEST | ACKNOWLEDGE, link, flags, mask);
  }

  private static MessageWriter linkMessage(
      int type, int messageFlags, int link, int flags, int mask) {
    return new MessageWriter(type, messageFlags).u32(0).u32(link).u32(flags).u32(mask);
  }

  /** IPv6 addresses are taken as they are: whoever gave them to the interface has asked around. */
  static byte[] addAddress(Address address) {
    MessageWriter writer =
        address(NEW_ADDRESS, REQUEST | ACKNOWLEDGE | CREATE | REPLACE, address)
            .attribute(ADDRESS_PEER, address.prefix().address().bytes());
    int length = address.prefix().length();
    switch (address.prefix().address().family()) {
      case V4 -> {
        if (length <= LONGEST_BROADCAST_PREFIX) {
          writer.attribute(ADDRESS_BROADCAST, address.prefix().address().lastOf(length).bytes());
        }
      }
      case V6 -> writer.attribute(ADDRESS_FLAGS, NO_DUPLICATE_DETECTION);
    }
    return writer.finish();
  }

  static byte[] removeAddress(Address address) {
    return address(DELETE_ADDRESS, REQUEST | ACKNOWLEDGE, address).finish();
  }

  private static MessageWriter address(int type, int flags, Address address) {
    IpPrefix prefix = address.prefix();
    return new MessageWriter(type, flags)
        .u8(prefix.address().family().number())
        .u8(prefix.length())
        .u8(0)
        .u8(address.scope())
        .u32(address.link())
        .attribute(ADDRESS_LOCAL, prefix.address().bytes());
  }

  static byte[] putRoute(Route route) {
    return route(NEW_ROUTE, REQUEST | ACKNOWLEDGE | CREATE | REPLACE, route);
  }

  static byte[] removeRoute(Route route) {
    return route(DELETE_ROUTE, REQUEST | ACKNOWLEDGE, route);
  }

  private static byte[] route(int type, int flags, Route route) {
    IpPrefix destination = route.destination();
    MessageWriter writer =
        new MessageWriter(type, flags)
            .u8(destination.address().family().number())
            .u8(destination.length())
            .u8(0)
            .u8(0)
            .u8(route.table())
            .u8(route.protocol())
            .u8(route.scope())
            .u8(route.type())
            .u32(route.flags());
    if (destination.length() > 0) {
      writer.attribute(ROUTE_DESTINATION, destination.address().bytes());
    }
    attribute(writer, ROUTE_GATEWAY, route.gateway());
    attribute(writer, ROUTE_SOURCE, route.source());
    if (route.link() != 0) {
      writer.attribute(ROUTE_LINK, route.link());
    }
    if (route.metric() != 0) {
      writer.attribute(ROUTE_METRIC, route.metric());
    }
    if (route.mtu() != 0) {
      writer.nested(ROUTE_METRICS, () -> writer.attribute(ROUTE_METRICS_MTU, route.mtu()));
    }
    return writer.finish();
  }

  private static void attribute(MessageWriter writer, int type, Optional<IpAddress> address) {
    address.ifPresent(present -> writer.attribute(type, present.bytes()));
  }

  static byte[] putNeighbour(Neighbour neighbour) {
    MessageWriter writer =
        new MessageWriter(NEW_NEIGHBOUR, REQUEST | ACKNOWLEDGE | CREATE | REPLACE)
            .u32(neighbour.address().family().number())
            .u32(neighbour.link())
            .u16(neighbour.state())
            .u8(neighbour.flags())
            .u8(0)
            .attribute(NEIGHBOUR_ADDRESS, neighbour.address().bytes());
    neighbour.mac().ifPresent(mac -> writer.attribute(NEIGHBOUR_MAC, mac.bytes()));
    return writer.finish();
  }

  /** The filters on what an interface receives. */
  static byte[] filters(int link) {
    return new MessageWriter(GET_FILTER, REQUEST | DUMP)
        .u32(0)
        .u32(link)
        .u32(0)
        .u32(INGRESS_FILTERS)
        .u32(0)
        .finish();
  }

  /** A place for filters on what an interface receives. */
  static byte[] addIngress(int link) {
    return ingress(NEW_QDISC, REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE, link);
  }

  /** Removes that place with its filters. */
  static byte[] removeIngress(int link) {
    return ingress(DELETE_QDISC, REQUEST | ACKNOWLEDGE, link);
  }

  private static byte[] ingress(int type, int flags, int link) {
    return new MessageWriter(type, flags)
        .u32(0)
        .u32(link)
        .u32(INGRESS_HANDLE)
        .u32(INGRESS_PARENT)
        .u32(0)
        .attribute(QDISC_KIND, "ingress")
        .finish();
  }

  /**
   * A filter by which all that an interface receives leaves by another one. Of the classifiers that
   * match everything u32 is the one that kernels have longest and most often.
   */
  static byte[] redirect(int from, int to) {
    return filter(
        from, THIRD_ALL, selector(), Optional.of(new Action(ACTION_STOLEN, EGRESS_REDIRECT, to)));
  }

  /** A filter by which ARP messages leave by another interface and are received as well. */
  static byte[] mirrorArp(int from, int to) {
    return filter(
        from, FIRST_ARP, selector(), Optional.of(new Action(ACTION_PASS, EGRESS_MIRROR, to)));
  }

  /**
   * A filter by which an interface receives for itself, before any redirection, whole IPv4 packets
   * without options of a protocol, from a port to ports of {@code firstPort} and more.
   *
   * @param firstPort such that the ports from there on have its bits in common
   */
  static byte[] receive(int from, int protocol, int sourcePort, int firstPort) {
    return filter(
        from,
        SECOND_IP,
        selector(
            new Key(0, 0xff000000, 0x45000000),
            new Key(4, 0x00001fff, 0),
            new Key(8, 0x00ff0000, protocol << 16),
            new Key(20, 0xffff0000 | firstPort, (sourcePort << 16) | firstPort)),
        Optional.empty());
  }

  /** What is done with a frame: the verdict, how it leaves, and by which interface. */
  private record Action(int verdict, int how, int link) {}

  /** Four bytes of a packet that have to be what is given, under a mask. */
  private record Key(int offset, int mask, int value) {}

  private static byte[] filter(int from, int order, byte[] selector, Optional<Action> action) {
    MessageWriter writer =
        new MessageWriter(NEW_FILTER, REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE)
            .u32(0)
            .u32(from)
            .u32(0)
            .u32(INGRESS_HANDLE)
            .u32(order)
            .attribute(QDISC_KIND, "u32");
    return writer
        .nested(
            QDISC_OPTIONS,
            () -> {
              action.ifPresent(
                  taken ->
                      writer.nested(
                          U32_ACTIONS, () -> writer.nested(1, () -> mirred(writer, taken))));
              writer.attribute(U32_SELECTOR, selector);
            })
        .finish();
  }

  private static void mirred(MessageWriter writer, Action action) {
    writer
        .attribute(ACTION_KIND, "mirred")
        .flaggedNested(
            ACTION_OPTIONS,
            () ->
                writer
                    .u16(4 + 28)
                    .u16(MIRRED_PARAMETERS)
                    // struct tc_mirred: index, capab, action, refcnt, bindcnt, eaction, ifindex
                    .u32(0)
                    .u32(0)
                    .u32(action.verdict())
                    .u32(0)
                    .u32(0)
                    .u32(action.how())
                    .u32(action.link()))
        .attribute(ACTION_COOKIE, COOKIE.getBytes(StandardCharsets.UTF_8));
  }

  /** A struct tc_u32_sel at which the classification ends; without keys it matches everything. */
  private static byte[] selector(Key... keys) {
    // The kernel wants one key at least.
    Key[] all = keys.length == 0 ? new Key[] {new Key(0, 0, 0)} : keys;
    byte[] selector = new byte[16 + 16 * all.length];
    selector[0] = 1;
    selector[2] = (byte) all.length;
    for (int i = 0; i < all.length; i++) {
      int start = 16 + 16 * i;
      for (int j = 0; j < 4; j++) {
        selector[start + j] = (byte) (all[i].mask() >>> (24 - 8 * j));
        selector[start + 4 + j] = (byte) (all[i].value() >>> (24 - 8 * j));
        selector[start + 8 + j] = (byte) (all[i].offset() >>> (8 * j));
      }
    }
    return selector;
  }
}
