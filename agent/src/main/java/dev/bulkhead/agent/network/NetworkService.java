package dev.bulkhead.agent.network;

import dev.bulkhead.agent.process.GuestPrograms;
import dev.bulkhead.agentapi.AddARPNeighborsRequest;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.Interfaces;
import dev.bulkhead.agentapi.ListInterfacesRequest;
import dev.bulkhead.agentapi.ListRoutesRequest;
import dev.bulkhead.agentapi.Routes;
import dev.bulkhead.agentapi.UpdateInterfaceRequest;
import dev.bulkhead.agentapi.UpdateRoutesRequest;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.function.Supplier;

/** The requests of the host that are about the guest's network. */
public final class NetworkService {
  private final GuestNetwork network;
  private final PacketTables tables;

  /** Serves a network, with the programs that change its packet filter. */
  public NetworkService(GuestNetwork network, GuestPrograms programs) {
    this.network = network;
    this.tables = new PacketTables(programs);
  }

  /** Offers them. */
  public void register(ServiceRegistry registry) {
    registry.on(AgentService.UPDATE_INTERFACE, this::updateInterface);
    registry.on(AgentService.UPDATE_ROUTES, this::updateRoutes);
    registry.on(AgentService.LIST_INTERFACES, this::listInterfaces);
    registry.on(AgentService.LIST_ROUTES, this::listRoutes);
    registry.on(AgentService.ADD_ARP_NEIGHBORS, this::addNeighbours);
    registry.on(
        AgentService.GET_IP_TABLES,
        (request, responder) -> checked(() -> tables.get(request, responder)));
    registry.on(
        AgentService.SET_IP_TABLES,
        (request, responder) -> checked(() -> tables.set(request, responder)));
  }

  private void updateInterface(UpdateInterfaceRequest request, Responder<Interface> responder)
      throws RpcException {
    Interface wanted = request.networkInterface();
    checked(
        () ->
            network.await(
                wanted.devicePath(),
                () -> update(wanted, responder),
                late -> responder.fail(new RpcException(Code.NOT_FOUND, late))));
  }

  private void update(Interface wanted, Responder<Interface> responder) {
    try {
      answer(responder, () -> network.update(wanted));
    } catch (RpcException e) {
      responder.fail(e);
    }
  }

  private void updateRoutes(UpdateRoutesRequest request, Responder<Routes> responder)
      throws RpcException {
    answer(
        responder,
        () -> Routes.DEFAULT.withRoutes(network.updateRoutes(request.routes().routes())));
  }

  private void listInterfaces(ListInterfacesRequest request, Responder<Interfaces> responder)
      throws RpcException {
    answer(responder, () -> Interfaces.DEFAULT.withInterfaces(network.interfaces()));
  }

  private void listRoutes(ListRoutesRequest request, Responder<Routes> responder)
      throws RpcException {
    answer(responder, () -> Routes.DEFAULT.withRoutes(network.routes()));
  }

  private void addNeighbours(AddARPNeighborsRequest request, Responder<Empty> responder)
      throws RpcException {
    answer(
        responder,
        () -> {
          network.addNeighbours(request.neighbors().arpNeighbors());
          return Empty.DEFAULT;
        });
  }

  private static <R extends Message> void answer(Responder<R> responder, Supplier<R> action)
      throws RpcException {
    checked(() -> responder.succeed(action.get()));
  }

  private interface Step {
    void take() throws RpcException;
  }

  private static void checked(Step step) throws RpcException {
    try {
      step.take();
    } catch (IllegalArgumentException e) {
      throw new RpcException(Code.INVALID_ARGUMENT, e.getMessage());
    } catch (LinuxException e) {
      throw new RpcException(Code.INTERNAL, e.getMessage());
    }
  }
}
