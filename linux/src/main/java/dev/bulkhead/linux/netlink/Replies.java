package dev.bulkhead.linux.netlink;

import java.util.List;
import java.util.Optional;

/**
 * What the kernel answers, from bytes.
 *
 * <p>Every method throws {@link IllegalArgumentException} if a length in them does not fit.
 */
final class Replies {
  private static final int ERROR = 2;
  private static final int DONE = 3;

  /** Kinds of which the kernel names the other end as if it was below. */
  private static final List<String> PAIRED_KINDS = List.of("veth", "netkit");

  private Replies() {}

  /** What the messages of one buffer say about the answer to a request. */
  enum Progress {
    /** More is to come. */
    OPEN,
    /** The kernel has answered in full. */
    COMPLETE
  }

  /** Told what an answer consists of. */
  interface Receiver {
    /** A message with content. */
    void message(int type, MessageReader content);

    /** The kernel refused, for this errno. */
    void refused(int errno);
  }

  /** Takes the messages of a buffer apart; those of other requests are passed over. */
  static Progress read(byte[] buffer, int length, int sequence, Receiver receiver) {
    MessageReader messages = new MessageReader(buffer, 0, length);
    Progress progress = Progress.OPEN;
    while (!messages.isAtEnd()) {
      MessageReader.Message message = messages.message();
      if (message.sequence() == sequence) {
        switch (message.type()) {
          case ERROR -> {
            int errno = -message.content().u32();
            if (errno != 0) {
              receiver.refused(errno);
            }
            progress = Progress.COMPLETE;
          }
          case DONE -> progress = Progress.COMPLETE;
          default -> receiver.message(message.type(), message.content());
        }
      }
    }
    return progress;
  }

  /** Adds the interface of a message to {@code links}. */
  static void addLink(int type, MessageReader content, List<Link> links) {
    if (type != Requests.NEW_LINK) {
      return;
    }
    content.skip(2);
    int hardwareType = content.u16();
    int index = content.u32();
    int flags = content.u32();
    content.skip(4);
    String kind =
        content.find(Requests.LINK_INFO).map(info -> info.text(Requests.LINK_INFO_KIND)).orElse("");
    links.add(
        new Link(
            index,
            content.text(Requests.LINK_NAME),
            hardwareType,
            flags,
            content.number(Requests.LINK_MTU, 0),
            mac(content, Requests.LINK_MAC),
            kind,
            PAIRED_KINDS.contains(kind) ? 0 : lower(content, index),
            content.number(Requests.LINK_MASTER, 0)));
  }

  private static int lower(MessageReader content, int index) {
    int lower = content.number(Requests.LINK_LOWER, 0);
    boolean elsewhere = content.find(Requests.LINK_LOWER_NAMESPACE).isPresent();
    return elsewhere || lower == index ? 0 : lower;
  }

  private static Optional<MacAddress> mac(MessageReader content, int type) {
    return content.bytes(type, length -> length == MacAddress.BYTES).map(MacAddress::of);
  }

  /** Adds the address of a message to {@code addresses}. */
  static void addAddress(int type, MessageReader content, List<Address> addresses) {
    if (type != Requests.NEW_ADDRESS) {
      return;
    }
    Optional<IpAddress.Family> family = IpAddress.Family.of(content.u8());
    int prefix = content.u8();
    content.skip(1);
    int scope = content.u8();
    int link = content.u32();
    // On a point-to-point link the first is the other end's.
    family
        .flatMap(
            known ->
                content
                    .address(Requests.ADDRESS_LOCAL, known)
                    .or(() -> content.address(Requests.ADDRESS_PEER, known)))
        .ifPresent(
            address -> addresses.add(new Address(link, new IpPrefix(address, prefix), scope)));
  }

  /** Adds the route of a message to {@code routes}. */
  static void addRoute(int type, MessageReader content, List<Route> routes) {
    if (type != Requests.NEW_ROUTE) {
      return;
    }
    Optional<IpAddress.Family> found = IpAddress.Family.of(content.u8());
    if (found.isEmpty()) {
      return;
    }
    IpAddress.Family family = found.get();
    int prefix = content.u8();
    content.skip(2);
    int shortTable = content.u8();
    int protocol = content.u8();
    int scope = content.u8();
    int kind = content.u8();
    int flags = content.u32();
    IpAddress destination =
        content.address(Requests.ROUTE_DESTINATION, family).orElse(family.any());
    routes.add(
        new Route(
            new IpPrefix(destination, prefix),
            content.address(Requests.ROUTE_GATEWAY, family),
            content.number(Requests.ROUTE_LINK, 0),
            content.address(Requests.ROUTE_SOURCE, family),
            scope,
            kind,
            content.number(Requests.ROUTE_TABLE, shortTable),
            protocol,
            flags,
            content.number(Requests.ROUTE_METRIC, 0),
            content
                .find(Requests.ROUTE_METRICS)
                .map(metrics -> metrics.number(Requests.ROUTE_METRICS_MTU, 0))
                .orElse(0)));
  }

  /** Adds the neighbour of a message to {@code neighbours}. */
  static void addNeighbour(int type, MessageReader content, List<Neighbour> neighbours) {
    if (type != Requests.NEW_NEIGHBOUR) {
      return;
    }
    Optional<IpAddress.Family> family = IpAddress.Family.of(content.u8());
    content.skip(3);
    int link = content.u32();
    int state = content.u16();
    int flags = content.u8();
    content.skip(1);
    family
        .flatMap(known -> content.address(Requests.NEIGHBOUR_ADDRESS, known))
        .ifPresent(
            address ->
                neighbours.add(
                    new Neighbour(
                        link, address, mac(content, Requests.NEIGHBOUR_MAC), state, flags)));
  }

  /** Adds what the action of a message's filter is known by to {@code cookies}, "" for nothing. */
  static void addFilter(int type, MessageReader content, List<String> cookies) {
    if (type != Requests.NEW_FILTER) {
      return;
    }
    content.skip(20);
    cookies.add(
        content
            .find(Requests.QDISC_OPTIONS)
            .flatMap(options -> options.find(Requests.U32_ACTIONS))
            .flatMap(actions -> actions.find(1))
            .map(action -> action.text(Requests.ACTION_COOKIE))
            .orElse(""));
  }

  /** A list that a method reference fills, message by message. */
  interface Adder<T> {
    void add(int type, MessageReader content, List<T> list);
  }
}
