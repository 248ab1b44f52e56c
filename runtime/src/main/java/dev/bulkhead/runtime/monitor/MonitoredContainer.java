package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.cgroup.OutOfMemory;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.volume.VolumeActions;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container in a monitor's machine: its processes with their streams, its socket, and what is
 * asked there. Closing it lets its container process end, by which it is gone for its caller.
 */
final class MonitoredContainer implements AutoCloseable {
  /** How long a killed container may take to end before its owner does without its end. */
  private static final long KILL_PATIENCE_MILLIS = 10_000;

  /** How long processes that were added may take to end after the container's first one. */
  private static final long LAST_WORDS_MILLIS = 2_000;

  private static final long MIB = 1 << 20;

  private final EventLoop loop;
  private final Sandbox sandbox;
  private final Description what;
  private final long machineMemoryMib;
  private final MessageLog log;
  private final Owner owner;
  private final MonitoredProcess init;
  private final Map<String, Integer> execPids = new LinkedHashMap<>();
  private final Map<String, MonitoredProcess> execs = new LinkedHashMap<>();
  private Optional<MonitorServer> server = Optional.empty();
  private Optional<VolumeActions> volumes = Optional.empty();
  private ContainerStatus status = ContainerStatus.CREATING;
  private int execCount;
  private boolean ended;

  /**
   * What a container is on the host.
   *
   * @param state as it is when the container is created
   * @param spec with paths of the host
   */
  record Description(
      ContainerDirectory directory, ContainerState state, Spec spec, HostCgroup cgroup) {
    String id() {
      return state.id();
    }
  }

  /** Whose machine it is in. */
  interface Owner {
    /** Does what has to be done before a container starts. */
    void starting();

    /** Ends a container because its caller wants that. */
    void destroy(MonitoredContainer container);

    /** A container's first process has ended, and all its output is delivered. */
    void ended(MonitoredContainer container);

    /** A container does not end, because its machine is gone or its guest does not kill it. */
    void lost(MonitoredContainer container, String reason);

    /** Adds a container to the machine. */
    void join(MonitorRequest.Join join, List<Fd> descriptors);
  }

  /**
   * Prepares for a container.
   *
   * @param stdio of its first process; taken over
   * @param link to its container process; taken over
   */
  MonitoredContainer(
      EventLoop loop,
      Sandbox sandbox,
      Description what,
      HostStdio stdio,
      Fd link,
      long machineMemoryMib,
      MessageLog log,
      Owner owner) {
    this.loop = loop;
    this.sandbox = sandbox;
    this.what = what;
    this.machineMemoryMib = machineMemoryMib;
    this.log = log;
    this.owner = owner;
    this.init = new MonitoredProcess(loop, sandbox, id(), id(), stdio, link, new InitListener());
  }

  String id() {
    return what.id();
  }

  /**
   * Begins to copy the output of what the guest has created, and takes requests.
   *
   * @param disks that it has
   */
  void serve(ContainerDisks disks) {
    init.attach();
    volumes = Optional.of(new VolumeActions(sandbox, disks, id(), what.directory().path()));
    server = Optional.of(new MonitorServer(loop, what.directory().listen(), this::handle));
    status = ContainerStatus.CREATED;
  }

  private final class InitListener implements MonitoredProcess.Listener {
    @Override
    public void ended(int code) {
      ended = true;
      owner.ended(MonitoredContainer.this);
    }

    @Override
    public void lost(AgentException failure) {
      ended = true;
      owner.lost(MonitoredContainer.this, failure.getMessage());
    }
  }

  /** Tells the host's kernel that the guest's ended a process, where that can be told. */
  void reportOutOfMemory() {
    try {
      if (!OutOfMemory.report(what.cgroup())) {
        warn("container '" + id() + "' ran out of memory, which the host's cgroups cannot show");
      }
    } catch (LinuxException e) {
      warn(
          "container '"
              + id()
              + "' ran out of memory, which the host was not told: "
              + e.getMessage());
    }
  }

  private void warn(String sentence) {
    log.write(MessageLog.Level.WARNING, sentence);
  }

  private void handle(MonitorRequest request, List<Fd> descriptors, MonitorServer.Reply reply) {
    try {
      if (ended) {
        if (request instanceof MonitorRequest.Kill) {
          // As with a process that nobody has waited for yet: its end is on its way to the caller,
          // and engines take a refusal for a failure as long as they see the process.
          reply.succeed(new JsonObject());
          return;
        }
        throw new Refusal("container not running: '" + id() + "' has ended");
      }
      switch (request) {
        case MonitorRequest.Start start -> {
          start();
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Kill(int signal, boolean all) -> kill(signal, all, reply);
        case MonitorRequest.Exec(int pid, Process process) -> {
          exec(pid, process, descriptors);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Pause pause -> {
          require(ContainerStatus.RUNNING, "pause");
          sandbox.pause(id());
          change(ContainerStatus.PAUSED);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Resume resume -> {
          require(ContainerStatus.PAUSED, "resume");
          sandbox.resume(id());
          change(ContainerStatus.RUNNING);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Update(LinuxResources resources) -> {
          update(resources);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Statistics statistics ->
            reply.succeed(StatisticsJson.of(sandbox.statistics(id()).cgroupStats()));
        case MonitorRequest.VolumeStatistics(String path) ->
            reply.succeed(volumes.orElseThrow().statistics(path));
        case MonitorRequest.ResizeVolume(String path, long bytes) -> {
          volumes.orElseThrow().resize(path, bytes);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.ListProcesses list -> reply.succeed(processes());
        case MonitorRequest.Destroy destroy -> {
          owner.destroy(this);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Join join -> {
          owner.join(join, descriptors);
          reply.succeed(new JsonObject());
        }
      }
    } catch (Refusal
        | AgentException
        | ContainerException
        | HypervisorException
        | LinuxException
        | SandboxException e) {
      descriptors.forEach(Fd::close);
      reply.fail(e.getMessage());
    }
  }

  /** A request that does not fit the container's status. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super(message);
    }
  }

  private void require(ContainerStatus needed, String action) {
    if (status != needed) {
      throw new Refusal(
          "cannot "
              + action
              + " container '"
              + id()
              + "', which is "
              + status.word()
              + " and not "
              + needed.word());
    }
  }

  private void change(ContainerStatus newStatus) {
    status = newStatus;
    what.directory().write(what.state().withWritten(newStatus));
  }

  private void start() {
    require(ContainerStatus.CREATED, "start");
    owner.starting();
    Optional<String> failure =
        new GuestHooks(loop, sandbox, id())
            .run(
                what.spec().hooks().startContainer(),
                what.state().toOci(ContainerStatus.CREATED),
                what.spec().process());
    if (failure.isPresent()) {
      // By the specification the container is stopped then.
      owner.destroy(this);
      throw new Refusal(failure.get());
    }
    sandbox.startContainer(id());
    init.started(what.spec().process().consoleSize());
    change(ContainerStatus.RUNNING);
  }

  /** Beyond its machine's memory no limit is of use, so it is refused rather than believed. */
  private void update(LinuxResources resources) {
    long limit = resources.memory().limit();
    if (limit > machineMemoryMib * MIB) {
      throw new Refusal(
          "a memory limit of "
              + limit / MIB
              + " MiB is more than the "
              + machineMemoryMib
              + " MiB of the container's virtual machine, which keeps the size that it was created"
              + " with; create the container again with that limit");
    }
    sandbox.update(id(), resources);
  }

  /**
   * Sends a signal. As with kill(2), who asks does not wait until it has arrived: the guest takes
   * requests in their order, so what is asked next comes after it. Only the question whether there
   * is a process, signal 0, is answered by the guest.
   */
  private void kill(int signal, boolean all, MonitorServer.Reply reply) {
    boolean asks = signal == 0;
    sandbox
        .agent()
        .send(
            AgentService.SIGNAL_PROCESS,
            SignalProcessRequest.DEFAULT
                .withContainerId(id())
                .withExecId(all ? "" : id())
                .withSignal(signal),
            new AgentClient.Callback<Empty>() {
              @Override
              public void answered(Empty response) {
                if (asks) {
                  reply.succeed(new JsonObject());
                }
              }

              @Override
              public void failed(AgentException failure) {
                if (asks) {
                  reply.fail(failure.getMessage());
                } else {
                  log.write(MessageLog.Level.WARNING, failure.getMessage());
                }
              }
            });
    if (!asks) {
      reply.succeed(new JsonObject());
    }
    if (signal == Signals.SIGKILL) {
      loop.schedule(KILL_PATIENCE_MILLIS, this::insist);
    }
  }

  private void insist() {
    if (!ended) {
      ended = true;
      owner.lost(this, "container '" + id() + "' did not end when it was killed");
    }
  }

  /** Ends all its processes at once; its owner is told when that is done. */
  void killAll() {
    sandbox.signal(id(), "", Signals.SIGKILL);
    loop.schedule(KILL_PATIENCE_MILLIS, this::insist);
  }

  private void exec(int pid, Process process, List<Fd> descriptors) {
    require(ContainerStatus.RUNNING, "exec in");
    if (descriptors.size() != 4 && !(process.terminal() && descriptors.size() == 2)) {
      throw new Refusal("a request for a process came with " + descriptors.size() + " descriptors");
    }
    String execId = "exec-" + ++execCount;
    sandbox.exec(id(), execId, process);
    MonitoredProcess added =
        new MonitoredProcess(
            loop,
            sandbox,
            id(),
            execId,
            new HostStdio(descriptors.subList(1, descriptors.size()), process.terminal()),
            descriptors.getFirst().setNonBlocking(true),
            new ExecListener(execId));
    execs.put(execId, added);
    execPids.put(execId, pid);
    added.attach();
    added.started(process.consoleSize());
  }

  private final class ExecListener implements MonitoredProcess.Listener {
    private final String execId;

    ExecListener(String execId) {
      this.execId = execId;
    }

    @Override
    public void ended(int code) {
      execPids.remove(execId);
      MonitoredProcess process = execs.remove(execId);
      if (process != null) {
        process.close();
      }
    }

    @Override
    public void lost(AgentException failure) {
      ended(128 + Signals.SIGKILL);
    }
  }

  private JsonObject processes() {
    JsonArray pids = new JsonArray();
    pids.add(what.state().process().pid());
    pids.addAll(execPids.values());
    JsonObject answer = new JsonObject();
    answer.put("pids", pids);
    return answer;
  }

  /**
   * Takes no more requests and lets go of the processes that were added.
   *
   * @param patiently whether they may end by themselves first; the loop turns meanwhile
   */
  void goDown(boolean patiently) {
    server.ifPresent(MonitorServer::close);
    volumes.ifPresent(VolumeActions::close);
    if (patiently) {
      loop.runUntil(execs::isEmpty, LAST_WORDS_MILLIS);
    }
    List.copyOf(execs.values()).forEach(MonitoredProcess::close);
    execs.clear();
  }

  /** Lets go of the first process's streams, so that their readers see the end. */
  void closeStreams() {
    init.closeStreams();
  }

  @Override
  public void close() {
    volumes.ifPresent(VolumeActions::close);
    init.close();
  }
}
