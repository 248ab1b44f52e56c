package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.State;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.container.Timestamp;
import dev.bulkhead.runtime.hooks.HookException;
import dev.bulkhead.runtime.hooks.HookRunner;
import dev.bulkhead.runtime.monitor.Monitor;
import dev.bulkhead.runtime.monitor.MonitorClient;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import dev.bulkhead.runtime.monitor.MonitorStart;
import dev.bulkhead.runtime.setup.SharedFiles;
import dev.bulkhead.runtime.stand.StandStart;
import dev.bulkhead.sandbox.LentFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code create}: a container whose sandbox is up and whose program waits for {@code start}. */
public final class Create {
  /** The monitor gives up by itself; this is for one that hangs. Others may boot before it. */
  private static final long CREATE_MILLIS = 900_000;

  private final OciRuntime runtime;
  private final Monitor.Preparation preparation;

  /**
   * What is asked for.
   *
   * @param bundle its path, as it was given
   * @param pidFile where to write the container process's id
   * @param consoleSocket where to send the terminal
   */
  public record Options(
      String id, String bundle, Optional<String> pidFile, Optional<String> consoleSocket) {}

  public Create(OciRuntime runtime, Monitor.Preparation preparation) {
    this.runtime = runtime;
    this.preparation = preparation;
  }

  /**
   * Creates the container.
   *
   * @return the container process, a child of this process
   */
  public int run(Options options) {
    Bundle bundle = Bundle.load(options.bundle());
    boolean terminal = bundle.spec().process().terminal();
    if (terminal && options.consoleSocket().isEmpty()) {
      throw new ContainerException(
          "process.terminal is true, so a --console-socket is needed to hand the terminal over");
    }
    if (!terminal && options.consoleSocket().isPresent()) {
      throw new ContainerException(
          "a --console-socket was given, but process.terminal in config.json is not true");
    }
    if (!terminal) {
      return create(options, bundle, List.of(Fd.STDIN, Fd.STDOUT, Fd.STDERR), Optional.empty());
    }
    try (Console console = Console.open(bundle.spec().process().consoleSize())) {
      console.send(options.consoleSocket().get());
      return create(options, bundle, List.of(console.slave()), Optional.of(console.slave()));
    }
  }

  /**
   * Creates the container with the caller's own streams or terminal for its own.
   *
   * @return the container process, a child of this process, and whether it has a terminal
   */
  public Attached runAttached(Options options) {
    Bundle bundle = Bundle.load(options.bundle());
    int pid = create(options, bundle, List.of(Fd.STDIN, Fd.STDOUT, Fd.STDERR), Optional.empty());
    return new Attached(pid, bundle.spec().process().terminal());
  }

  /**
   * A container that uses the caller's streams.
   *
   * @param pid the container process
   */
  public record Attached(int pid, boolean terminal) {}

  private int create(
      Options options, Bundle bundle, List<Fd> stdio, Optional<Fd> controllingTerminal) {
    ContainerDirectory directory = runtime.root().directory(options.id());
    HostCgroup cgroup = cgroup(options.id(), bundle.spec());
    directory.make(options.id());
    try {
      cgroup.create();
      return createWith(options, bundle, stdio, controllingTerminal, directory, cgroup);
    } catch (RuntimeException e) {
      Delete.removeCgroup(cgroup, runtime.log());
      directory.remove();
      throw e;
    }
  }

  private HostCgroup cgroup(String id, Spec spec) {
    try {
      return HostCgroup.of(spec.linux().cgroupsPath(), id, runtime.systemdCgroup());
    } catch (IllegalArgumentException e) {
      throw new ContainerException(e.getMessage(), e);
    }
  }

  private int createWith(
      Options options,
      Bundle bundle,
      List<Fd> stdio,
      Optional<Fd> controllingTerminal,
      ContainerDirectory directory,
      HostCgroup cgroup) {
    List<Fd> link = UnixSocket.pair("the container process");
    List<Fd> standStdio =
        controllingTerminal.isPresent()
            ? List.of(
                controllingTerminal.get(), controllingTerminal.get(), controllingTerminal.get())
            : stdio;
    int pid;
    try {
      pid =
          new StandStart(
                  SharedFiles.containerProcess(),
                  network(bundle.spec()),
                  cgroup,
                  standStdio,
                  controllingTerminal.isPresent(),
                  bundle.spec().process().args())
              .start(link.getLast());
    } catch (LinuxException e) {
      link.getFirst().close();
      throw new ContainerException(
          "the container process could not be started: " + e.getMessage(), e);
    } finally {
      link.getLast().close();
    }
    try {
      ContainerState state = state(options.id(), bundle, cgroup, ProcessIdentity.of(pid));
      directory.write(state);
      Optional<ContainerState> shared = NetworkOwner.of(state, runtime.root());
      if (shared.isPresent()) {
        join(options, shared.get(), state, bundle.spec(), stdio, link.getFirst());
      } else {
        finish(
            options,
            new Monitor.Plan(
                directory,
                state,
                bundle.spec(),
                stdio,
                link.getFirst(),
                cgroup,
                preparation,
                runtime.log()));
      }
      return pid;
    } catch (RuntimeException e) {
      Processes.kill(pid, Signals.SIGKILL);
      Processes.await(pid);
      throw e;
    } finally {
      link.getFirst().close();
    }
  }

  private static StandStart.Network network(Spec spec) {
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      if (namespace.type().equals("network")) {
        return namespace.path().isEmpty()
            ? new StandStart.Network.Own()
            : new StandStart.Network.Joined(namespace.path());
      }
    }
    return new StandStart.Network.Host();
  }

  private static ContainerState state(
      String id, Bundle bundle, HostCgroup cgroup, ProcessIdentity process) {
    Spec spec = bundle.spec();
    return new ContainerState(
        spec.ociVersion(),
        id,
        bundle.path(),
        spec.root().path(),
        Timestamp.rfc3339(Clock.realtimeNanos()),
        0,
        spec.annotations(),
        ContainerStatus.CREATING,
        process,
        ProcessIdentity.NONE,
        cgroup.path(),
        network(spec) instanceof StandStart.Network.Joined(String path) ? path : "",
        Hooks.DEFAULT
            .withPoststart(spec.hooks().poststart())
            .withPoststop(spec.hooks().poststop()));
  }

  /** The monitor boots while the hooks run, which need the container process only. */
  private void finish(Options options, Monitor.Plan plan) {
    ContainerState state = plan.state();
    try (EventLoop loop = new EventLoop();
        MonitorStart monitor = MonitorStart.begin(plan)) {
      state = state.withMonitor(ProcessIdentity.of(monitor.pid()));
      plan.directory().write(state);
      runHooks(loop, plan.spec().hooks(), state, runtime.log());
      monitor.hooksDone();
      monitor.awaitCreated(loop, CREATE_MILLIS);
      created(options, state);
      monitor.commit();
    }
  }

  /** Adds the container to the machine that has its network already. */
  private void join(
      Options options,
      ContainerState owner,
      ContainerState state,
      Spec spec,
      List<Fd> stdio,
      Fd link) {
    ContainerDirectory directory = runtime.root().directory(state.id());
    try (EventLoop loop = new EventLoop();
        LentFiles files = LentFiles.of(spec);
        MonitorClient monitor =
            MonitorClient.connect(loop, runtime.root().directory(owner.id()))
                .orElseThrow(
                    () ->
                        new ContainerException(
                            "container '" + owner.id() + "' has ended, and with it the network"))) {
      runHooks(loop, spec.hooks(), state, runtime.log());
      List<Fd> descriptors = new ArrayList<>(List.of(link));
      descriptors.addAll(stdio);
      descriptors.addAll(files.descriptors());
      if (descriptors.size() > UnixSocket.MAX_DESCRIPTORS) {
        throw new ContainerException(
            "a container that shares the network of another one has too many volumes: "
                + files.volumes().size());
      }
      monitor.call(
          new MonitorRequest.Join(directory.path(), stdio.size(), spec),
          descriptors,
          OciRuntime.REQUEST_MILLIS);
      created(options, state);
    }
  }

  private void created(Options options, ContainerState state) {
    runtime.root().directory(state.id()).write(state.withWritten(ContainerStatus.CREATED));
    options
        .pidFile()
        .ifPresent(file -> Files.replace(file, Integer.toString(state.process().pid()), 0644));
  }

  private static void runHooks(EventLoop loop, Hooks hooks, ContainerState state, MessageLog log) {
    HookRunner runner = new HookRunner(loop);
    State told = state.toOci(ContainerStatus.CREATING);
    try {
      runner.run("prestart", hooks.prestart(), told, Optional.empty());
      runner.run("createRuntime", hooks.createRuntime(), told, Optional.empty());
      runner.run(
          "createContainer", hooks.createContainer(), told, Optional.of(state.process().pid()));
    } catch (HookException e) {
      // By the specification such a container is destroyed, of which the poststop hooks are a part.
      Delete.runPoststop(loop, state, log);
      throw new ContainerException(e.getMessage(), e);
    }
  }
}
