package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.ARPNeighbor;
import dev.bulkhead.agentapi.ARPNeighbors;
import dev.bulkhead.agentapi.AddARPNeighborsRequest;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.CreateSandboxRequest;
import dev.bulkhead.agentapi.DestroySandboxRequest;
import dev.bulkhead.agentapi.ExecProcessRequest;
import dev.bulkhead.agentapi.GetOOMEventRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.KernelModule;
import dev.bulkhead.agentapi.OOMEvent;
import dev.bulkhead.agentapi.PauseContainerRequest;
import dev.bulkhead.agentapi.PreparationService;
import dev.bulkhead.agentapi.PrepareContainerRequest;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.ReseedRandomDevRequest;
import dev.bulkhead.agentapi.ResizeVolumeRequest;
import dev.bulkhead.agentapi.ResumeContainerRequest;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.agentapi.Routes;
import dev.bulkhead.agentapi.SetGuestDateTimeRequest;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.agentapi.StartContainerRequest;
import dev.bulkhead.agentapi.StatsContainerRequest;
import dev.bulkhead.agentapi.StatsContainerResponse;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.agentapi.TtyWinResizeRequest;
import dev.bulkhead.agentapi.UpdateContainerRequest;
import dev.bulkhead.agentapi.UpdateInterfaceRequest;
import dev.bulkhead.agentapi.UpdateRoutesRequest;
import dev.bulkhead.agentapi.VolumeStatsRequest;
import dev.bulkhead.agentapi.VolumeStatsResponse;
import dev.bulkhead.agentapi.WaitProcessRequest;
import dev.bulkhead.agentapi.WaitProcessResponse;
import dev.bulkhead.agentapi.seccomp.SeccompProgram;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineExit;
import dev.bulkhead.hypervisor.MachineHandles;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import dev.bulkhead.sandbox.template.Templates;
import dev.bulkhead.ttrpc.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A running virtual machine with its agent, and the containers in it. The owner closes it; that
 * ends the machine.
 */
public final class Sandbox implements AutoCloseable {
  private static final long OUT_OF_MEMORY_MILLIS = 1_000;
  private static final int SEED_BYTES = 64;
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long MICROSECOND_NANOS = 1000;

  private final EventLoop loop;
  private final VirtualMachine machine;
  private final AgentClient agent;
  private final Limits limits;
  private final Runnable checkInterrupted;
  private final Templates.Started started;
  private Consumer<String> onFailure = reason -> {};
  private final List<AgentClient.Sent<?>> told = new ArrayList<>();
  private boolean handedOver;

  /**
   * How long to wait for the guest.
   *
   * @param bootMillis from the start to the agent's first answer
   * @param requestMillis for any other answer that is not waited for without end
   */
  public record Limits(long bootMillis, long requestMillis) {}

  private Sandbox(
      EventLoop loop, Templates.Started started, Limits limits, Runnable checkInterrupted) {
    this.loop = loop;
    this.machine = started.machine();
    this.started = started;
    this.limits = limits;
    this.checkInterrupted = checkInterrupted;
    this.agent = AgentClient.of(loop, machine, limits.bootMillis(), checkInterrupted);
  }

  /**
   * Starts a machine; the guest is up after {@link #awaitAgent}.
   *
   * @param templates what starts it
   * @param roots where a log is kept if the machine ends by itself
   * @param checkInterrupted called while the guest is awaited; what it throws ends the wait
   * @throws dev.bulkhead.hypervisor.HypervisorException if it cannot be started
   */
  public static Sandbox boot(
      EventLoop loop,
      Templates templates,
      MachineSpec spec,
      Limits limits,
      SandboxDirectory.Roots roots,
      Runnable checkInterrupted) {
    Templates.Started started = templates.start(spec, checkInterrupted);
    Sandbox sandbox;
    try {
      sandbox = new Sandbox(loop, started, limits, checkInterrupted);
    } catch (RuntimeException e) {
      started.machine().close();
      throw e;
    }
    sandbox.machine.onExit(
        exit -> {
          if (!sandbox.handedOver) {
            sandbox.fail(MachineLog.of(roots).keep(spec.name(), exit, sandbox.machine));
          }
        });
    return sandbox;
  }

  /** Gives the guest up: everything that is awaited from it fails with this sentence. */
  public void fail(String reason) {
    agent.fail(reason);
    onFailure.accept(reason);
  }

  /** Tells {@code action} why, when the guest is given up; all that was awaited failed before. */
  public void onFailure(Consumer<String> action) {
    onFailure = action;
  }

  public AgentClient agent() {
    return agent;
  }

  public VirtualMachine machine() {
    return machine;
  }

  /** How the machine ended, empty while it runs. */
  public Optional<MachineExit> exit() {
    return machine.exit();
  }

  /** Whether the guest has run a container already, before it was this sandbox's. */
  public boolean isWarm() {
    return switch (started.progress()) {
      case BOOTS, CLONED -> false;
      case RESTORED, READY -> true;
    };
  }

  /** Waits until the guest is up, and is a machine of its own. */
  public void awaitAgent() {
    switch (started.progress()) {
      case BOOTS -> check();
      case CLONED -> {
        check();
        becomeOneOfItsOwn();
      }
      case RESTORED -> becomeOneOfItsOwn();
      // It may have waited long.
      case READY -> setTime();
    }
  }

  /**
   * Gives the guest random numbers and the time: until now it had those of all other clones. {@link
   * #awaitAgent} does it where that is needed.
   */
  public void becomeOneOfItsOwn() {
    tell(
        AgentService.RESEED_RANDOM_DEV,
        ReseedRandomDevRequest.DEFAULT.withData(Machine.random(SEED_BYTES)));
    setTime();
  }

  private void check() {
    agent.await(Health.CHECK, CheckRequest.DEFAULT, limits.bootMillis(), checkInterrupted);
    started.whenUp().run();
  }

  private void setTime() {
    long now = Clock.realtimeNanos();
    tell(
        AgentService.SET_GUEST_DATE_TIME,
        SetGuestDateTimeRequest.DEFAULT
            .withSec(now / SECOND_NANOS)
            .withUsec(now % SECOND_NANOS / MICROSECOND_NANOS));
  }

  /**
   * Asks for what the agent does before it takes its next request, so that nobody waits for the
   * answer now: {@link #call} does before its own, and fails with the first that failed.
   */
  private <Q extends Message, R extends Message> void tell(Method<Q, R> method, Q request) {
    told.add(agent.send(method, request));
  }

  private <Q extends Message, R extends Message> R call(Method<Q, R> method, Q request) {
    AgentClient.Sent<R> sent = agent.send(method, request);
    settle();
    return sent.await(limits.requestMillis(), checkInterrupted);
  }

  /**
   * Waits until the guest has done all that it was told to.
   *
   * @throws AgentException if it could not
   */
  public void settle() {
    try {
      for (AgentClient.Sent<?> earlier : told) {
        earlier.await(limits.requestMillis(), checkInterrupted);
      }
    } finally {
      told.clear();
    }
  }

  /**
   * Makes the guest ready for containers: its shares mounted, its modules loaded. Whether it could
   * is told with the first container, or by {@link #settle}.
   */
  public void create(
      String id, String hostname, List<Storage> storages, List<KernelModule> kernelModules) {
    tell(
        AgentService.CREATE_SANDBOX,
        CreateSandboxRequest.DEFAULT
            .withSandboxId(id)
            .withHostname(hostname)
            .withStorages(storages)
            .withKernelModules(kernelModules));
  }

  /**
   * Has the guest, which has no containers, make what the next one needs that is like an example.
   *
   * @param example as a container's in the guest
   */
  public void prepareContainer(Spec example) {
    call(
        PreparationService.PREPARE_CONTAINER, PrepareContainerRequest.DEFAULT.withExample(example));
  }

  /** Sets up an interface of the guest, or removes it; see the message's fields. */
  public void updateInterface(Interface wanted) {
    call(
        AgentService.UPDATE_INTERFACE, UpdateInterfaceRequest.DEFAULT.withNetworkInterface(wanted));
  }

  /** Makes these the guest's routes. */
  public void updateRoutes(List<Route> routes) {
    call(
        AgentService.UPDATE_ROUTES,
        UpdateRoutesRequest.DEFAULT.withRoutes(Routes.DEFAULT.withRoutes(routes)));
  }

  /** Tells the guest link addresses of neighbours. */
  public void addNeighbours(List<ARPNeighbor> neighbours) {
    call(
        AgentService.ADD_ARP_NEIGHBORS,
        AddARPNeighborsRequest.DEFAULT.withNeighbors(
            ARPNeighbors.DEFAULT.withArpNeighbors(neighbours)));
  }

  /**
   * Makes a container whose first process, of the container's own id, waits for its start. When
   * that fails, its files are taken back.
   */
  public void createContainer(String containerId, Spec guestSpec, ContainerFiles files) {
    withFiles(
        files, () -> call(AgentService.CREATE_CONTAINER, creation(containerId, guestSpec, files)));
  }

  /**
   * As {@link #createContainer}, for a container without a terminal that is started next: whether
   * it could be made is told with its start, if the guest need not wait for what it is made of.
   */
  public void createContainerToStart(String containerId, Spec guestSpec, ContainerFiles files) {
    withFiles(
        files,
        () -> {
          CreateContainerRequest request = creation(containerId, guestSpec, files);
          if (request.storages().isEmpty() && request.devices().isEmpty()) {
            tell(AgentService.CREATE_CONTAINER, request);
          } else {
            call(AgentService.CREATE_CONTAINER, request);
          }
        });
  }

  private CreateContainerRequest creation(
      String containerId, Spec guestSpec, ContainerFiles files) {
    files.send(piece -> call(AgentService.COPY_FILE, piece));
    files.follow((piece, answer) -> agent.send(AgentService.COPY_FILE, piece, answer));
    ContainerDisks.Plugged plugged = files.disks().plug(machine);
    List<Storage> storages = new ArrayList<>(plugged.storages());
    storages.addAll(files.storages());
    return filtered(guestSpec)
        .withContainerId(containerId)
        .withExecId(containerId)
        .withStorages(storages)
        .withDevices(plugged.devices());
  }

  private static void withFiles(ContainerFiles files, Runnable creation) {
    try {
      creation.run();
    } catch (RuntimeException e) {
      try {
        files.close();
      } catch (HypervisorException | LinuxException another) {
        e.addSuppressed(another);
      }
      throw e;
    }
  }

  /** With the specification, whose system call filter is compiled here: a guest may be slow. */
  private static CreateContainerRequest filtered(Spec guestSpec) {
    if (!guestSpec.linux().hasSeccomp()) {
      return CreateContainerRequest.DEFAULT.withOci(guestSpec);
    }
    SeccompProgram program;
    try {
      program = SeccompProgram.of(guestSpec.linux().seccomp());
    } catch (IllegalArgumentException e) {
      throw new SandboxException("linux.seccomp cannot be used: " + e.getMessage(), e);
    }
    return CreateContainerRequest.DEFAULT
        .withOci(guestSpec.withLinux(guestSpec.linux().withSeccomp(null)))
        .withSeccompProgram(program.instructions())
        .withSeccompLogs(program.logs());
  }

  /** Takes a container apart whose processes have ended, or that was not started. */
  public void removeContainer(String containerId) {
    call(
        AgentService.REMOVE_CONTAINER, RemoveContainerRequest.DEFAULT.withContainerId(containerId));
  }

  /** Starts a container's first process. */
  public void startContainer(String containerId) {
    call(AgentService.START_CONTAINER, StartContainerRequest.DEFAULT.withContainerId(containerId));
  }

  /** Adds a process to a container and starts it. */
  public void exec(String containerId, String processId, Process process) {
    call(
        AgentService.EXEC_PROCESS,
        ExecProcessRequest.DEFAULT
            .withContainerId(containerId)
            .withExecId(processId)
            .withProcess(process));
  }

  /** Stops all processes of a container where they are. */
  public void pause(String containerId) {
    call(AgentService.PAUSE_CONTAINER, PauseContainerRequest.DEFAULT.withContainerId(containerId));
  }

  /** Lets the processes of a container go on. */
  public void resume(String containerId) {
    call(
        AgentService.RESUME_CONTAINER, ResumeContainerRequest.DEFAULT.withContainerId(containerId));
  }

  /** Changes the limits of a container; those that are absent stay. */
  public void update(String containerId, LinuxResources resources) {
    call(
        AgentService.UPDATE_CONTAINER,
        UpdateContainerRequest.DEFAULT.withContainerId(containerId).withResources(resources));
  }

  /** What a container has used, by its cgroup in the guest. */
  public StatsContainerResponse statistics(String containerId) {
    return call(
        AgentService.STATS_CONTAINER, StatsContainerRequest.DEFAULT.withContainerId(containerId));
  }

  /** How full the file system is that the guest has at a path. */
  public VolumeStatsResponse volumeStatistics(String guestPath) {
    return call(
        AgentService.GET_VOLUME_STATS, VolumeStatsRequest.DEFAULT.withVolumeGuestPath(guestPath));
  }

  /** Grows the file system that the guest has at a path, when its disk has grown. */
  public void resizeVolume(String guestPath, long bytes) {
    call(
        AgentService.RESIZE_VOLUME,
        ResizeVolumeRequest.DEFAULT.withVolumeGuestPath(guestPath).withSize(bytes));
  }

  /** Sends a signal to a process; a process that has ended needs none. */
  public void signal(String containerId, String processId, int signal) {
    agent.send(
        AgentService.SIGNAL_PROCESS,
        SignalProcessRequest.DEFAULT
            .withContainerId(containerId)
            .withExecId(processId)
            .withSignal(signal),
        AgentClient.ignoring());
  }

  /** Sets the size of a process's terminal. */
  public void resize(String containerId, String processId, int rows, int columns) {
    agent.send(
        AgentService.TTY_WIN_RESIZE,
        TtyWinResizeRequest.DEFAULT
            .withContainerId(containerId)
            .withExecId(processId)
            .withRow(rows)
            .withColumn(columns),
        AgentClient.ignoring());
  }

  /**
   * Tells {@code listener} the id of each container whose memory was not enough, before it is told
   * who ended by it, for as long as the machine runs. The guest says how often that is; it is not
   * believed more than once a second.
   */
  public void onOutOfMemory(Consumer<String> listener) {
    agent.send(
        AgentService.GET_OOM_EVENT,
        GetOOMEventRequest.DEFAULT,
        new AgentClient.Callback<OOMEvent>() {
          @Override
          public void answered(OOMEvent event) {
            listener.accept(event.containerId());
            loop.schedule(OUT_OF_MEMORY_MILLIS, () -> onOutOfMemory(listener));
          }

          @Override
          public void failed(AgentException failure) {
            // The machine is gone, which is told apart, or its agent is one that does not know.
          }
        });
  }

  /** Told how a process ended, or that it will not be known. */
  public interface ExitListener {
    void exited(int code);

    void lost(AgentException failure);
  }

  /** Calls the listener when a process has ended. */
  public void awaitExit(String containerId, String processId, ExitListener listener) {
    agent.send(
        AgentService.WAIT_PROCESS,
        WaitProcessRequest.DEFAULT.withContainerId(containerId).withExecId(processId),
        new AgentClient.Callback<WaitProcessResponse>() {
          @Override
          public void answered(WaitProcessResponse response) {
            listener.exited(response.status());
          }

          @Override
          public void failed(AgentException failure) {
            listener.lost(failure);
          }
        });
  }

  /**
   * Runs a process to its end in place: its streams copied, its exit code answered.
   *
   * @param streams attached already
   * @return empty if its output's reader went away
   * @throws AgentException if the machine ended first
   */
  public OptionalInt runToEnd(String containerId, String processId, ProcessStreams streams) {
    int[] code = {-1};
    AgentException[] failure = new AgentException[1];
    awaitExit(
        containerId,
        processId,
        new ExitListener() {
          @Override
          public void exited(int exitCode) {
            code[0] = exitCode;
          }

          @Override
          public void lost(AgentException lost) {
            failure[0] = lost;
          }
        });
    loop.runUntil(
        () ->
            (code[0] >= 0 && streams.isDrained())
                || failure[0] != null
                || streams.isOutputRefused());
    if (failure[0] != null) {
      throw failure[0];
    }
    return code[0] >= 0 && !streams.isOutputRefused()
        ? OptionalInt.of(code[0])
        : OptionalInt.empty();
  }

  /**
   * Lets another process have the machine, see {@link VirtualMachine#handOver}; its guest is as if
   * it had just come up, after {@link #destroy}. Closing this still ends it.
   */
  public MachineHandles handOver() {
    handedOver = true;
    agent.close();
    return machine.handOver();
  }

  /**
   * Saves the machine with the hypervisor's process, after {@link #destroy}: its guest is as if it
   * had just come up. Nothing can be asked of it any more.
   *
   * @param pages an empty file for its memory
   * @param process an empty file for all else
   */
  public void saveProcess(Fd pages, Fd process) {
    agent.close();
    machine.saveProcess(pages, process);
  }

  /** Ends all containers and lets the guest write to its shares what it still holds. */
  public void destroy() {
    call(AgentService.DESTROY_SANDBOX, DestroySandboxRequest.DEFAULT);
  }

  /** Ends the machine at once. */
  @Override
  public void close() {
    agent.close();
    machine.close();
  }
}
