package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.cgroup.OutOfMemory;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The life of a monitor: it boots the sandbox, creates the container, serves requests, and ends
 * with the container. Everything it has is bound to the process: the hypervisor dies with it, its
 * mounts are in a mount namespace of its own, so that a killed monitor leaves files only.
 */
public final class Monitor {
  /** What the creator sends when the container is to live on without it. */
  static final byte COMMIT = 'c';

  /** How long a killed container may take to end before its machine is ended instead. */
  private static final long KILL_PATIENCE_MILLIS = 10_000;

  /** How long processes that were added may take to end after the container's first one. */
  private static final long LAST_WORDS_MILLIS = 2_000;

  private static final long MIB = 1 << 20;

  private static final int KILLED = 128 + Signals.SIGKILL;

  /**
   * What a monitor is for.
   *
   * @param state as it is when the container is created
   * @param spec with absolute paths of the host
   * @param stdio the container's standard input, output and error, or its terminal
   * @param link the monitor's end of the link to the container process
   */
  public record Plan(
      ContainerDirectory directory,
      ContainerState state,
      Spec spec,
      List<Fd> stdio,
      Fd link,
      HostCgroup cgroup,
      Preparation preparation,
      MessageLog log) {
    public Plan {
      stdio = List.copyOf(stdio);
    }
  }

  /** Makes what the sandbox is set up with, by the configuration that was read. */
  public interface Preparation {
    /**
     * Prepares.
     *
     * @param warn told what is not as good as it could be, in one line
     */
    Setup prepare(EventLoop loop, Consumer<String> warn) throws ConfigurationException;
  }

  private final EventLoop loop = new EventLoop();
  private final Plan plan;
  private final String id;
  private final HostStdio stdio;
  private final Fd report;
  private final ContainerState state;
  private final Map<String, Integer> execPids = new LinkedHashMap<>();
  private final Map<String, MonitoredProcess> execs = new LinkedHashMap<>();
  private ContainerStatus status = ContainerStatus.CREATING;
  private Optional<EventLoop.Watch> creator = Optional.empty();
  private Optional<Sandbox> sandbox = Optional.empty();
  private Optional<SandboxNetwork> network = Optional.empty();
  private Optional<MonitoredProcess> init = Optional.empty();
  private long machineMemoryMib;
  private int execCount;
  private boolean committed;
  private boolean abandoned;
  private boolean ended;
  private boolean machineLost;

  private Monitor(Plan plan, HostStdio stdio, Fd report) {
    this.plan = plan;
    this.id = plan.state().id();
    this.stdio = stdio;
    this.report = report;
    this.state = plan.state().withMonitor(ProcessIdentity.of(Processes.pid()));
  }

  /**
   * Lives, in a process that was forked for it.
   *
   * @param report where to tell the creator how it went
   * @return the process's exit code
   */
  static int live(Plan plan, Fd report) {
    Processes.startSession();
    Processes.setName("bulkhead-monitor");
    HostStdio stdio = HostStdio.copyOf(plan.stdio(), plan.spec().process().terminal());
    List<Fd> kept = new ArrayList<>(stdio.descriptors());
    kept.add(plan.link());
    kept.add(report);
    try (Fd nothing = Files.open("/dev/null", Open.O_RDWR)) {
      for (int standard = 0; standard <= 2; standard++) {
        nothing.duplicateTo(standard);
      }
    }
    Processes.closeAllBut(kept);
    Files.changeDirectory("/");
    Files.setUmask(022);
    Signals.ignoreBrokenPipes();
    Monitor monitor = new Monitor(plan, stdio, report);
    try {
      monitor.run();
      return 0;
    } catch (RuntimeException e) {
      monitor.fail(e);
      return 1;
    }
  }

  private void fail(RuntimeException failure) {
    String sentence = sentence(failure);
    if (committed) {
      plan.log().write(MessageLog.Level.ERROR, sentence);
    } else {
      JsonObject answer = new JsonObject();
      answer.put("error", sentence);
      Frame.send(report.setNonBlocking(false), answer, List.of());
    }
  }

  private static String sentence(RuntimeException failure) {
    String message = failure.getMessage();
    return switch (failure) {
      case AgentException e -> message;
      case HypervisorException e -> message;
      case SandboxException e -> message;
      case LinuxException e -> message;
      case ContainerException e -> message;
      default -> "the monitor failed: " + failure;
    };
  }

  private void run() {
    Namespaces.unshare(Namespaces.MOUNT);
    Mounts.setPropagation("/", Mounts.MS_SLAVE | Mounts.MS_REC);
    plan.cgroup().join();
    List<Integer> endings = List.of(Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP);
    try (Signals signals = Signals.handle(loop, endings, signal -> end());
        SandboxDirectory directory = SandboxDirectory.within(plan.directory().path())) {
      try {
        runIn(directory);
      } finally {
        directory.unmountAll();
      }
    } finally {
      // Last of all, because with the container process the container is gone for its caller.
      init.ifPresent(MonitoredProcess::close);
    }
  }

  private void runIn(SandboxDirectory directory) {
    Setup setup = prepare();
    SharedDirectory shared = SharedDirectory.create(directory);
    ContainerDisks disks = new ContainerDisks(id);
    Spec spec = guestSpec(setup, shared, disks);
    LinuxResources resources = plan.spec().linux().resources();
    machineMemoryMib = setup.machines().memoryMib(resources);
    creator = Optional.of(loop.watch(report, EventLoop.READABLE, events -> creatorSpoke()));
    BootSlots slots =
        new BootSlots(loop, setup.roots().run() + "/.boot-slots", setup.bootsAtOnce());
    try (Fd slot = slots.take(this::checkAbandoned);
        SandboxNetwork joined =
            SandboxNetwork.open(
                loop,
                setup.network(),
                setup.machines().model(),
                setup.machines().vcpus(resources.cpu()),
                state.process().pid(),
                warning -> plan.log().write(MessageLog.Level.WARNING, warning));
        ShareServer.Serving serving = setup.shares().serve(directory, shared, this::shareFailed);
        Sandbox booted =
            Sandbox.boot(
                loop,
                setup.templates(),
                setup.machines().machine(id, resources, serving.share(), joined.devices()),
                setup.limits(),
                setup.roots(),
                this::checkAbandoned)) {
      sandbox = Optional.of(booted);
      network = Optional.of(joined);
      MonitoredProcess first =
          new MonitoredProcess(loop, booted, id, id, stdio, plan.link(), new InitListener());
      init = Optional.of(first);
      booted.awaitAgent();
      serving.machineStarted().run();
      slot.close();
      booted.create(id, spec.hostname(), List.of(serving.storage()), setup.kernelModules());
      booted.createContainer(id, spec, disks);
      first.attach();
      booted.onOutOfMemory(this::outOfMemory);
      try (MonitorServer server =
          new MonitorServer(loop, plan.directory().listen(), this::handle)) {
        status = ContainerStatus.CREATED;
        Frame.send(report, new JsonObject(), List.of());
        loop.runUntil(() -> ended);
      }
      goDown(booted);
    } finally {
      leaveCreator();
    }
  }

  private void outOfMemory(String containerId) {
    if (containerId.equals(id)) {
      reportOutOfMemory();
    }
  }

  private void reportOutOfMemory() {
    try {
      if (!OutOfMemory.report(plan.cgroup())) {
        plan.log()
            .write(
                MessageLog.Level.WARNING,
                "container '" + id + "' ran out of memory, which the host's cgroups cannot show");
      }
    } catch (LinuxException e) {
      plan.log()
          .write(
              MessageLog.Level.WARNING,
              "container '"
                  + id
                  + "' ran out of memory, which the host was not told: "
                  + e.getMessage());
    }
  }

  private Setup prepare() {
    try {
      return plan.preparation()
          .prepare(loop, warning -> plan.log().write(MessageLog.Level.WARNING, warning));
    } catch (ConfigurationException e) {
      throw new ContainerException(e.getMessage(), e);
    }
  }

  private Spec guestSpec(Setup setup, SharedDirectory shared, ContainerDisks disks) {
    disks.addDevices(plan.spec());
    Spec spec =
        GuestSpec.of(
            plan.spec(),
            shared.addRoot(id, plan.spec().root().path()),
            new ContainerFiles(id, shared, disks));
    return setup.guestSeccomp() ? spec : spec.withLinux(spec.linux().withSeccomp(null));
  }

  private void shareFailed(String reason) {
    sandbox.ifPresent(
        booted -> booted.fail("the files of the sandbox are not served any more: " + reason));
  }

  private void checkAbandoned() {
    if (abandoned) {
      throw new ContainerException("the creation of '" + id + "' was given up by its caller");
    }
  }

  /** The creator sends its consent, or goes away without. */
  private void creatorSpoke() {
    byte[] word = new byte[1];
    if (!committed && report.read(word, 0, 1) == 1 && word[0] == COMMIT) {
      committed = true;
      leaveCreator();
      report.close();
    } else {
      abandoned = true;
      end();
    }
  }

  private void leaveCreator() {
    creator.ifPresent(EventLoop.Watch::close);
    creator = Optional.empty();
  }

  private void end() {
    ended = true;
  }

  private void goDown(Sandbox booted) {
    if (!machineLost) {
      loop.runUntil(execs::isEmpty, LAST_WORDS_MILLIS);
    }
    List.copyOf(execs.values()).forEach(MonitoredProcess::close);
    execs.clear();
    if (!machineLost) {
      try {
        booted.destroy();
      } catch (AgentException e) {
        plan.log().write(MessageLog.Level.WARNING, e.getMessage());
      }
    }
    init.ifPresent(MonitoredProcess::closeStreams);
  }

  private final class InitListener implements MonitoredProcess.Listener {
    @Override
    public void ended(int code) {
      end();
    }

    @Override
    public void lost(AgentException failure) {
      machineLost = true;
      if (!ended) {
        plan.log().write(MessageLog.Level.ERROR, failure.getMessage());
      }
      end();
    }
  }

  private void handle(MonitorRequest request, List<Fd> descriptors, MonitorServer.Reply reply) {
    try {
      Sandbox booted = sandbox.orElseThrow();
      if (ended) {
        throw new Refusal("container not running: '" + id + "' has ended");
      }
      switch (request) {
        case MonitorRequest.Start start -> {
          start(booted);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Kill(int signal, boolean all) -> kill(booted, signal, all, reply);
        case MonitorRequest.Exec(int pid, Process process) -> {
          exec(booted, pid, process, descriptors);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Pause pause -> {
          require(ContainerStatus.RUNNING, "pause");
          booted.pause(id);
          change(ContainerStatus.PAUSED);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Resume resume -> {
          require(ContainerStatus.PAUSED, "resume");
          booted.resume(id);
          change(ContainerStatus.RUNNING);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Update(LinuxResources resources) -> {
          update(booted, resources);
          reply.succeed(new JsonObject());
        }
        case MonitorRequest.Statistics statistics ->
            reply.succeed(StatisticsJson.of(booted.statistics(id).cgroupStats()));
        case MonitorRequest.ListProcesses list -> reply.succeed(processes());
        case MonitorRequest.Destroy destroy -> {
          end();
          reply.succeed(new JsonObject());
        }
      }
    } catch (Refusal | AgentException | ContainerException | LinuxException e) {
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
              + id
              + "', which is "
              + status.word()
              + " and not "
              + needed.word());
    }
  }

  private void change(ContainerStatus newStatus) {
    status = newStatus;
    plan.directory().write(state.withWritten(newStatus));
  }

  private void start(Sandbox booted) {
    require(ContainerStatus.CREATED, "start");
    // Interfaces come before create, with its hooks, or between create and start.
    network.orElseThrow().connect(booted);
    Optional<String> failure =
        new GuestHooks(loop, booted, id)
            .run(
                plan.spec().hooks().startContainer(),
                state.toOci(ContainerStatus.CREATED),
                plan.spec().process());
    if (failure.isPresent()) {
      // By the specification the container is stopped then.
      end();
      throw new Refusal(failure.get());
    }
    booted.startContainer(id);
    init.ifPresent(first -> first.started(plan.spec().process().consoleSize()));
    change(ContainerStatus.RUNNING);
  }

  /** Beyond its machine's memory no limit is of use, so it is refused rather than believed. */
  private void update(Sandbox booted, LinuxResources resources) {
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
    booted.update(id, resources);
  }

  /**
   * Sends a signal. As with kill(2), who asks does not wait until it has arrived: the guest takes
   * requests in their order, so what is asked next comes after it. Only the question whether there
   * is a process, signal 0, is answered by the guest.
   */
  private void kill(Sandbox booted, int signal, boolean all, MonitorServer.Reply reply) {
    boolean asks = signal == 0;
    booted
        .agent()
        .send(
            AgentService.SIGNAL_PROCESS,
            SignalProcessRequest.DEFAULT
                .withContainerId(id)
                .withExecId(all ? "" : id)
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
                  plan.log().write(MessageLog.Level.WARNING, failure.getMessage());
                }
              }
            });
    if (!asks) {
      reply.succeed(new JsonObject());
    }
    if (signal == Signals.SIGKILL) {
      loop.schedule(
          KILL_PATIENCE_MILLIS,
          () -> {
            machineLost = true;
            end();
          });
    }
  }

  private void exec(Sandbox booted, int pid, Process process, List<Fd> descriptors) {
    require(ContainerStatus.RUNNING, "exec in");
    if (descriptors.size() != 4 && !(process.terminal() && descriptors.size() == 2)) {
      throw new Refusal("a request for a process came with " + descriptors.size() + " descriptors");
    }
    String execId = "exec-" + ++execCount;
    booted.exec(id, execId, process);
    MonitoredProcess added =
        new MonitoredProcess(
            loop,
            booted,
            id,
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
      ended(KILLED);
    }
  }

  private JsonObject processes() {
    JsonArray pids = new JsonArray();
    pids.add(state.process().pid());
    pids.addAll(execPids.values());
    JsonObject answer = new JsonObject();
    answer.put("pids", pids);
    return answer;
  }
}
