package dev.bulkhead.runtime.network;

import dev.bulkhead.agentapi.ARPNeighbor;
import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import dev.bulkhead.linux.netlink.Link;
import dev.bulkhead.linux.netlink.MacAddress;
import dev.bulkhead.linux.netlink.Neighbour;
import dev.bulkhead.linux.netlink.Route;
import java.util.List;

/** A namespace's network in the words of the agent's protocol. */
final class AgentMessages {
  private AgentMessages() {}

  /**
   * An interface as the guest shall have it.
   *
   * @param device the guest's own name for it, which finds it where there is no PCI path
   * @param pciPath where its device is, or ""
   */
  static Interface networkInterface(Endpoint endpoint, String device, String pciPath) {
    Link link = endpoint.link();
    return Interface.DEFAULT
        .withDevice(device)
        .withName(link.name())
        .withIpAddresses(endpoint.addresses().stream().map(AgentMessages::address).toList())
        .withMtu(link.mtu())
        .withHwAddr(link.mac().map(MacAddress::toString).orElse(""))
        .withDevicePath(pciPath)
        .withType(link.kind())
        .withRawFlags(link.flags() & Link.NO_ARP);
  }

  private static IPAddress address(IpPrefix prefix) {
    return new IPAddress(
        family(prefix.address()), prefix.address().toString(), Integer.toString(prefix.length()));
  }

  /** The routes of a namespace. */
  static List<dev.bulkhead.agentapi.Route> routes(NamespaceState state) {
    return state.routes().stream().map(route -> route(route, state)).toList();
  }

  private static dev.bulkhead.agentapi.Route route(Route route, NamespaceState state) {
    IpPrefix destination = route.destination();
    return dev.bulkhead.agentapi.Route.DEFAULT
        .withDest(destination.length() == 0 ? "" : destination.toString())
        .withGateway(route.gateway().map(IpAddress::toString).orElse(""))
        .withDevice(state.nameOf(route.link()))
        .withSource(route.source().map(IpAddress::toString).orElse(""))
        .withScope(route.scope())
        .withFamily(family(destination.address()))
        .withFlags(route.flags() & Route.ON_LINK)
        .withMtu(route.mtu())
        .withMetric(route.metric());
  }

  /** The neighbours of a namespace. */
  static List<ARPNeighbor> neighbours(NamespaceState state) {
    return state.neighbours().stream().map(neighbour -> neighbour(neighbour, state)).toList();
  }

  private static ARPNeighbor neighbour(Neighbour neighbour, NamespaceState state) {
    return ARPNeighbor.DEFAULT
        .withToIpAddress(
            IPAddress.DEFAULT
                .withFamily(family(neighbour.address()))
                .withAddress(neighbour.address().toString()))
        .withDevice(state.nameOf(neighbour.link()))
        .withLladdr(neighbour.mac().map(MacAddress::toString).orElse(""))
        .withState(neighbour.state())
        .withFlags(neighbour.flags());
  }

  private static IPFamily family(IpAddress address) {
    return switch (address.family()) {
      case V4 -> IPFamily.V4;
      case V6 -> IPFamily.V6;
    };
  }
}
