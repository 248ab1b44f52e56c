package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.config.InternetworkingModel;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The life of a monitor: it boots the sandbox, creates the container, serves requests, and ends
 * with the container. Everything it has is bound to the process: the hypervisor dies with it, its
 * mounts are in a mount namespace of its own, so that a killed monitor leaves files only.
 */
public final class Monitor {
  // Most of what it has taken by then was for the container's making.
  private static final long REST_MILLIS = 2_000;

  /** What the creator sends when the container is to live on without it. */
  static final byte COMMIT = 'c';

  /** What it sends when the hooks are done. */
  static final byte HOOKS_DONE = 'h';

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
  private Optional<EventLoop.Watch> creator = Optional.empty();
  private Optional<Sandbox> sandbox = Optional.empty();
  private Optional<MonitoredMachine> machine = Optional.empty();
  private boolean committed;
  private boolean hooksDone;
  private boolean abandoned;
  private boolean ended;

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
    HostStdio stdio = HostStdio.copyOf(plan.stdio(), plan.spec().process().terminal());
    List<Fd> kept = new ArrayList<>(stdio.descriptors());
    kept.add(plan.link());
    kept.add(report);
    Processes.startDaemon("bulkhead-monitor", kept);
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
    Mounts.enterOwnNamespace();
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
      machine.ifPresent(MonitoredMachine::close);
    }
  }

  private void runIn(SandboxDirectory directory) {
    Setup setup = prepare();
    SharedDirectory shared = SharedDirectory.create(directory);
    ContainerFiles files = setup.shares().files(id, shared);
    files.disks().addDevices(plan.spec());
    Spec spec = GuestSpec.of(plan.spec(), files.addRoot(plan.spec()), files);
    LinuxResources resources = plan.spec().linux().resources();
    creator = Optional.of(loop.watch(report, EventLoop.READABLE, events -> creatorSpoke()));
    if (setup.network().model() == InternetworkingModel.MACVTAP) {
      // A macvtap is of an interface that is there.
      loop.runUntil(() -> hooksDone || abandoned);
      checkAbandoned();
    }
    BootSlots slots =
        new BootSlots(loop, setup.roots().run() + "/.boot-slots", setup.bootsAtOnce());
    try (Fd slot = slots.take(this::checkAbandoned);
        SandboxNetwork network =
            SandboxNetwork.open(
                loop,
                setup.network(),
                setup.machines().model(),
                setup.machines().vcpus(resources.cpu()),
                state.process().pid(),
                this::warn);
        ShareServer.Serving serving = setup.shares().serve(directory, shared, this::shareFailed);
        Sandbox booted =
            Sandbox.boot(
                loop,
                setup.templates(),
                setup.machines().machine(id, resources, serving.shares(), network.devices()),
                setup.limits(),
                setup.roots(),
                this::checkAbandoned)) {
      sandbox = Optional.of(booted);
      MonitoredMachine containers =
          new MonitoredMachine(
              loop,
              new MonitoredMachine.Parts(setup, shared, network, booted),
              new MonitoredContainer.Description(
                  plan.directory(), state, plan.spec(), plan.cgroup()),
              plan.log());
      containers.prepare(stdio, plan.link());
      machine = Optional.of(containers);
      booted.awaitAgent();
      serving.machineStarted().run();
      slot.close();
      booted.create(id, spec.hostname(), serving.storages(), setup.kernelModules());
      containers.create(spec, files);
      Frame.send(report, new JsonObject(), List.of());
      loop.schedule(REST_MILLIS, Processes::rest);
      loop.runUntil(() -> ended || containers.hasEnded());
      containers.goDown();
    } finally {
      leaveCreator();
    }
  }

  private void warn(String sentence) {
    plan.log().write(MessageLog.Level.WARNING, sentence);
  }

  private Setup prepare() {
    try {
      return plan.preparation().prepare(loop, this::warn);
    } catch (ConfigurationException e) {
      throw new ContainerException(e.getMessage(), e);
    }
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
    boolean heard = !committed && report.read(word, 0, 1) == 1;
    if (heard && word[0] == COMMIT) {
      committed = true;
      leaveCreator();
      report.close();
    } else if (heard && word[0] == HOOKS_DONE) {
      hooksDone = true;
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
}
