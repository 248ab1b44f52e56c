package dev.bulkhead.runtime.network;

import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import java.util.List;

/**
 * An interface of a container's network namespace.
 *
 * @param link an Ethernet interface
 * @param addresses those that are not the kernel's own doing
 */
record Endpoint(Link link, List<IpPrefix> addresses) {
  Endpoint {
    addresses = List.copyOf(addresses);
  }
}
