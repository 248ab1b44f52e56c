package dev.bulkhead.runtime.network;

import dev.bulkhead.linux.netlink.Address;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.Neighbour;
import dev.bulkhead.linux.netlink.Route;
import dev.bulkhead.linux.netlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a network namespace consists of at one moment, without loopback and taps of machines.
 *
 * @param routes of the main table over the endpoints, but not those that come with addresses or
 *     from routers
 * @param neighbours that somebody wrote down
 * @param unfit what cannot become a machine's, each in words
 */
record NamespaceState(
    List<Endpoint> endpoints, List<Route> routes, List<Neighbour> neighbours, List<String> unfit) {
  /** What the names of our taps begin with. */
  static final String TAP_PREFIX = "bulkhead";

  private static final int CACHED = 0x200;
  private static final String TAP_KIND = "tun";
  private static final String MACVTAP_KIND = "macvtap";

  NamespaceState {
    endpoints = List.copyOf(endpoints);
    routes = List.copyOf(routes);
    neighbours = List.copyOf(neighbours);
    unfit = List.copyOf(unfit);
  }

  /** Reads the namespace that {@code netlink} is for. */
  static NamespaceState read(Rtnetlink netlink) {
    return of(netlink.links(), netlink.addresses(), netlink.routes(), netlink.neighbours());
  }

  static NamespaceState of(
      List<Link> links, List<Address> addresses, List<Route> routes, List<Neighbour> neighbours) {
    List<Endpoint> candidates = new ArrayList<>();
    List<String> unfit = new ArrayList<>();
    for (Link link : links) {
      List<IpPrefix> its = addressesOf(link, addresses);
      boolean used = link.isUp() || !its.isEmpty();
      // What a port carries is what its bridge or bond has.
      if (used && link.master() == 0 && !link.isLoopback() && !isTap(link) && !isMacvtap(link)) {
        if (link.isEthernet()) {
          candidates.add(new Endpoint(link, its));
        } else {
          unfit.add(words(link) + ", which carries no Ethernet frames");
        }
      }
    }
    List<Endpoint> endpoints = new ArrayList<>();
    for (Endpoint candidate : candidates) {
      Optional<Endpoint> taken = takenBelow(candidate, candidates);
      if (taken.isPresent()) {
        unfit.add(
            words(candidate.link())
                + ", whose frames go over "
                + taken.get().link().name()
                + ", of which the machine gets them all");
      } else if (!isOnlyCarrier(candidate, candidates)) {
        endpoints.add(candidate);
      }
    }
    List<Route> carried = new ArrayList<>();
    for (Route route : routes) {
      if (isGiven(route)) {
        if (route.type() == Route.UNICAST && route.link() != 0) {
          if (has(endpoints, route.link())) {
            carried.add(route);
          }
        } else {
          unfit.add("the route " + route.words() + ", which does not lead to one interface");
        }
      }
    }
    List<Neighbour> permanent = new ArrayList<>();
    for (Neighbour neighbour : neighbours) {
      if (neighbour.state() == Neighbour.PERMANENT
          && neighbour.mac().isPresent()
          && has(endpoints, neighbour.link())) {
        permanent.add(neighbour);
      }
    }
    return new NamespaceState(endpoints, carried, permanent, unfit);
  }

  private static String words(Link link) {
    return "the interface " + link.name() + (link.kind().isEmpty() ? "" : " (" + link.kind() + ")");
  }

  /** The interface with addresses, however far below, that leaves another one no frames. */
  private static Optional<Endpoint> takenBelow(Endpoint endpoint, List<Endpoint> all) {
    Optional<Endpoint> below = below(endpoint, all);
    // Not more steps than there are interfaces.
    for (int i = 0; i < all.size() && below.isPresent(); i++) {
      if (!below.get().addresses().isEmpty()) {
        return below;
      }
      below = below(below.get(), all);
    }
    return Optional.empty();
  }

  private static Optional<Endpoint> below(Endpoint endpoint, List<Endpoint> all) {
    int lower = endpoint.link().lower();
    return all.stream().filter(other -> other.link().index() == lower).findFirst();
  }

  /** Whether it is there only for others, as an interface below VLANs that has no address. */
  private static boolean isOnlyCarrier(Endpoint endpoint, List<Endpoint> all) {
    return endpoint.addresses().isEmpty()
        && all.stream().anyMatch(other -> other.link().lower() == endpoint.link().index());
  }

  /** Whether an interface is a machine's side of a network device. */
  static boolean isTap(Link link) {
    return link.kind().equals(TAP_KIND) && link.name().startsWith(TAP_PREFIX);
  }

  /** Whether an interface is a machine's way to take another one over. */
  static boolean isMacvtap(Link link) {
    return link.kind().equals(MACVTAP_KIND) && link.name().startsWith(TAP_PREFIX);
  }

  private static boolean has(List<Endpoint> endpoints, int index) {
    return endpoints.stream().anyMatch(endpoint -> endpoint.link().index() == index);
  }

  private static boolean isGiven(Route route) {
    return route.table() == Route.MAIN_TABLE
        && route.protocol() != Route.BY_KERNEL
        && route.protocol() != Route.BY_ROUTER
        && (route.flags() & CACHED) == 0;
  }

  /** Link-local addresses of IPv6 every kernel makes for itself. */
  private static List<IpPrefix> addressesOf(Link link, List<Address> addresses) {
    List<IpPrefix> its = new ArrayList<>();
    for (Address address : addresses) {
      IpAddress ip = address.prefix().address();
      if (address.link() == link.index()
          && !(ip.family() == IpAddress.Family.V6 && ip.isLinkLocal())) {
        its.add(address.prefix());
      }
    }
    return its;
  }

  /** The name of an endpoint by its index. */
  String nameOf(int index) {
    return endpoints.stream()
        .map(Endpoint::link)
        .filter(link -> link.index() == index)
        .map(Link::name)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no endpoint has the index " + index));
  }
}
