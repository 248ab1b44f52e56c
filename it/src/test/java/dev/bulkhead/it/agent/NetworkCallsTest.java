package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.ARPNeighbor;
import dev.bulkhead.agentapi.ARPNeighbors;
import dev.bulkhead.agentapi.AddARPNeighborsRequest;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.ListInterfacesRequest;
import dev.bulkhead.agentapi.ListRoutesRequest;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.agentapi.Routes;
import dev.bulkhead.agentapi.UpdateInterfaceRequest;
import dev.bulkhead.agentapi.UpdateRoutesRequest;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The agent's calls about the network, as another runtime may make them, with the loopback. */
@ExtendWith({LeavesNothing.class, GuestExtension.class})
final class NetworkCallsTest {
  private static final List<IPAddress> ITS =
      List.of(
          new IPAddress(IPFamily.V4, "127.0.0.1", "8"),
          new IPAddress(IPFamily.V6, "0:0:0:0:0:0:0:1", "128"));
  private static final IPAddress MORE = new IPAddress(IPFamily.V4, "10.66.0.1", "24");

  private static Interface update(Guest guest, List<IPAddress> addresses) throws Exception {
    return guest
        .connection()
        .call(AgentService.UPDATE_INTERFACE, interfaceRequest("lo", addresses));
  }

  private static UpdateInterfaceRequest interfaceRequest(String name, List<IPAddress> addresses) {
    return UpdateInterfaceRequest.DEFAULT.withNetworkInterface(
        Interface.DEFAULT.withDevice("lo").withName(name).withIpAddresses(addresses));
  }

  private static UpdateRoutesRequest routesRequest(Route... routes) {
    return UpdateRoutesRequest.DEFAULT.withRoutes(Routes.DEFAULT.withRoutes(List.of(routes)));
  }

  private static AddARPNeighborsRequest neighbour(String device) {
    return AddARPNeighborsRequest.DEFAULT.withNeighbors(
        ARPNeighbors.DEFAULT.withArpNeighbors(
            List.of(
                ARPNeighbor.DEFAULT
                    .withToIpAddress(new IPAddress(IPFamily.V4, "10.66.0.9", ""))
                    .withDevice(device)
                    .withLladdr("02:00:00:00:00:09"))));
  }

  private static List<Route> routes(Guest guest) throws Exception {
    return guest.connection().call(AgentService.LIST_ROUTES, ListRoutesRequest.DEFAULT).routes();
  }

  @Test
  void anInterfaceAndItsRoutesAreAsToldAndListed(Guest guest) throws Exception {
    List<IPAddress> all = List.of(ITS.get(0), MORE, ITS.get(1));
    assertTrue(update(guest, all).ipAddresses().containsAll(all));
    Interface listed =
        guest
            .connection()
            .call(AgentService.LIST_INTERFACES, ListInterfacesRequest.DEFAULT)
            .interfaces()
            .stream()
            .filter(link -> link.name().equals("lo"))
            .findFirst()
            .orElseThrow();
    assertEquals(3, listed.ipAddresses().size());
    assertTrue(listed.ipAddresses().containsAll(all), listed.ipAddresses().toString());

    Route route =
        Route.DEFAULT
            .withDest("10.67.0.0/16")
            .withDevice("lo")
            .withSource("10.66.0.1")
            .withScope(253)
            .withMetric(7);
    guest.connection().call(AgentService.UPDATE_ROUTES, routesRequest(route));
    assertTrue(routes(guest).contains(route), () -> route + " was not listed");
    guest.connection().call(AgentService.ADD_ARP_NEIGHBORS, neighbour("lo"));
    guest.connection().call(AgentService.UPDATE_ROUTES, routesRequest());
    assertFalse(routes(guest).contains(route));
    assertEquals(2, update(guest, ITS).ipAddresses().size());
  }

  @Test
  void whatMakesNoSenseIsRefused(Guest guest) throws Exception {
    AgentConnection agent = guest.connection();
    assertEquals(
        "'a/b' is no name for an interface",
        refused(agent.refused(AgentService.UPDATE_INTERFACE, interfaceRequest("a/b", ITS))));
    assertEquals(
        "the guest has no interface 'eth7'",
        refused(
            agent.refused(
                AgentService.UPDATE_ROUTES, routesRequest(Route.DEFAULT.withDevice("eth7")))));
    assertEquals(
        "the guest has no interface 'eth7'",
        refused(agent.refused(AgentService.ADD_ARP_NEIGHBORS, neighbour("eth7"))));
  }

  private static String refused(RpcException refusal) {
    assertEquals(Code.INVALID_ARGUMENT, refusal.code());
    return refusal.getMessage();
  }
}
