package dev.bulkhead.runtime.network;

import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Route;
import dev.bulkhead.linux.netlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;

/**
 * Two networks of a namespace that have addresses in common although they are on different
 * interfaces: what is sent to such an address arrives at one of them only.
 */
public record Overlap(Side one, Side other) {
  /**
   * A network on an interface.
   *
   * @param prefix an address of the interface with the length of its network, or a route's
   *     destination
   */
  public record Side(String link, IpPrefix prefix) {
    @Override
    public String toString() {
      return link + " " + prefix;
    }
  }

  /** Finds those of the namespace that {@code netlink} is for. */
  public static List<Overlap> find(Rtnetlink netlink) {
    return find(netlink.links(), netlink.addresses(), netlink.routes());
  }

  static List<Overlap> find(List<Link> links, List<Address> addresses, List<Route> routes) {
    List<Side> sides = new ArrayList<>();
    for (Link link : links) {
      if (!link.isLoopback()) {
        for (Address address : addresses) {
          if (address.link() == link.index()) {
            add(new Side(link.name(), address.prefix()), sides);
          }
        }
        for (Route route : routes) {
          if (route.link() == link.index()
              && route.table() == Route.MAIN_TABLE
              && route.type() == Route.UNICAST
              && route.destination().length() > 0) {
            add(new Side(link.name(), route.destination()), sides);
          }
        }
      }
    }
    List<Overlap> overlaps = new ArrayList<>();
    for (int i = 0; i < sides.size(); i++) {
      for (int j = i + 1; j < sides.size(); j++) {
        Side one = sides.get(i);
        Side other = sides.get(j);
        if (!one.link().equals(other.link()) && one.prefix().overlaps(other.prefix())) {
          overlaps.add(new Overlap(one, other));
        }
      }
    }
    return overlaps;
  }

  /** Adds a side unless what there is says the same, as the route that an address makes. */
  private static void add(Side side, List<Side> sides) {
    IpAddress address = side.prefix().address();
    boolean everywhere = address.isLinkLocal() || isMulticast(address);
    boolean known =
        sides.stream()
            .anyMatch(
                present ->
                    present.link().equals(side.link())
                        && present.prefix().network().equals(side.prefix().network()));
    if (!everywhere && !known) {
      sides.add(side);
    }
  }

  private static boolean isMulticast(IpAddress address) {
    int first = address.bytes()[0] & 0xff;
    return switch (address.family()) {
      case V4 -> first >= 224;
      case V6 -> first == 0xff;
    };
  }

  /** Both sides, as "docker0 172.17.0.1/16 and eth0 172.17.1.100/16 overlap". */
  public String words() {
    return one + " and " + other + " overlap";
  }
}
