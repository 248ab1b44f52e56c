package dev.bulkhead.it.agent;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CloseStdinRequest;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.ExecProcessRequest;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.StartContainerRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.ttrpc.RpcException;
import java.util.List;

/** A container in a guest, removed by close. */
final class GuestContainer implements AutoCloseable {
  private static int created;

  private final Guest guest;
  private final String id;
  private int processes;

  private GuestContainer(Guest guest, String id) {
    this.guest = guest;
    this.id = id;
  }

  /** Makes a container whose first process waits. */
  static GuestContainer create(Guest guest, Spec spec, Storage... storages) throws RpcException {
    GuestContainer container = new GuestContainer(guest, "c" + created++);
    guest
        .connection()
        .call(
            AgentService.CREATE_CONTAINER,
            container.createRequest(spec).withStorages(List.of(storages)));
    return container;
  }

  private CreateContainerRequest createRequest(Spec spec) {
    return CreateContainerRequest.DEFAULT.withContainerId(id).withExecId(id).withOci(spec);
  }

  /** Makes a container and starts it. */
  static GuestContainer start(Guest guest, Spec spec) throws RpcException {
    GuestContainer container = create(guest, spec);
    try {
      container.start();
      return container;
    } catch (RpcException e) {
      container.close();
      throw e;
    }
  }

  /** A container of Docker's defaults in a root of its own, which sleeps. */
  static GuestContainer sleeping(Guest guest) throws RpcException {
    return start(guest, Specs.of(guest.newRoot(), "sleep", "1000000"));
  }

  /** Runs a container from creation to removal. */
  static ProcessResult run(Guest guest, Spec spec) throws RpcException {
    try (GuestContainer container = create(guest, spec)) {
      container.start();
      return container.init().finish();
    }
  }

  /** Why a container of this specification cannot be created or started. */
  static RpcException refused(Guest guest, Spec spec) {
    GuestContainer container = new GuestContainer(guest, "c" + created++);
    AgentConnection agent = guest.connection();
    try {
      agent.call(AgentService.CREATE_CONTAINER, container.createRequest(spec));
    } catch (RpcException e) {
      return e;
    }
    try (container) {
      return agent.refused(
          AgentService.START_CONTAINER,
          StartContainerRequest.DEFAULT.withContainerId(container.id));
    }
  }

  void start() throws RpcException {
    guest
        .connection()
        .call(AgentService.START_CONTAINER, StartContainerRequest.DEFAULT.withContainerId(id));
  }

  String id() {
    return id;
  }

  Guest guest() {
    return guest;
  }

  /** The first process. */
  GuestProcess init() {
    return new GuestProcess(guest, id, id);
  }

  /** Starts another process. */
  GuestProcess exec(Process process) throws RpcException {
    GuestProcess added = new GuestProcess(guest, id, id + "-" + processes++);
    guest.connection().call(AgentService.EXEC_PROCESS, execRequest(added.id(), process));
    return added;
  }

  /** Why a process cannot be started. */
  RpcException execRefused(Process process) {
    return guest
        .connection()
        .refused(AgentService.EXEC_PROCESS, execRequest(id + "-" + processes++, process));
  }

  private ExecProcessRequest execRequest(String processId, Process process) {
    return ExecProcessRequest.DEFAULT
        .withContainerId(id)
        .withExecId(processId)
        .withProcess(process);
  }

  /** Runs another process to its end, without input. */
  ProcessResult run(Process process) throws RpcException {
    GuestProcess added = exec(process);
    guest
        .connection()
        .call(
            AgentService.CLOSE_STDIN,
            CloseStdinRequest.DEFAULT.withContainerId(id).withExecId(added.id()));
    return added.finish();
  }

  /** Runs a command to its end, without input. */
  ProcessResult run(String... command) throws RpcException {
    return run(Specs.process(command));
  }

  /** What a shell command that has to succeed writes. */
  String output(String shellCommand) throws RpcException {
    return run("sh", "-c", shellCommand).succeeds().output();
  }

  void remove() throws RpcException {
    guest
        .connection()
        .call(AgentService.REMOVE_CONTAINER, RemoveContainerRequest.DEFAULT.withContainerId(id));
  }

  @Override
  public void close() {
    try {
      remove();
    } catch (RpcException e) {
      throw new IllegalStateException(e);
    }
  }
}
