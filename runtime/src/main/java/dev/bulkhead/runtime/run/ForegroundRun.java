package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.network.bridge.DefaultBridge;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Runs one container to its end in the foreground. The process leaves the host's mount namespace,
 * so that whatever ends it takes its mounts away too.
 */
final class ForegroundRun {
  /** What the shell reports of a program whose reader went away. */
  private static final int BROKEN_PIPE_CODE = 128 + Signals.SIGPIPE;

  // Most of what it has taken by now was for the start.
  private static final long REST_MILLIS = 2_000;

  private final EventLoop loop;
  private final Setup setup;
  private final Consumer<String> warn;

  /** The one that runs, for what goes wrong beside it. */
  private Optional<Sandbox> running = Optional.empty();

  /**
   * Where the container comes from.
   *
   * @param id the sandbox's and the container's
   * @param image the directory that its root file system is layered over
   * @param spec with the host's paths
   * @param interactive whether it gets this process's standard input
   */
  record Container(
      String id, String image, Spec spec, boolean interactive, RunNetwork.Wish network) {}

  /**
   * The container as the guest gets it.
   *
   * @param files end with the machine
   */
  private record InGuest(Spec spec, ContainerFiles files) {}

  /**
   * Prepares to run.
   *
   * @param warn told what is not as good as it could be, in one line
   */
  ForegroundRun(EventLoop loop, Setup setup, Consumer<String> warn) {
    this.loop = loop;
    this.setup = setup;
    this.warn = warn;
  }

  /**
   * Runs it.
   *
   * @return the exit code of its process, 128 + n for a signal
   * @throws Interruption.Interrupted if a signal came before the container ran
   */
  int run(Container container, Interruption interruption) {
    Signals.ignoreBrokenPipes();
    Mounts.enterOwnNamespace();
    SandboxDirectory.sweep(setup.roots());
    DefaultBridge.sweep(loop);
    try (SandboxDirectory directory = SandboxDirectory.create(setup.roots(), container.id())) {
      try {
        return runIn(directory, container, interruption);
      } finally {
        directory.unmountAll();
      }
    }
  }

  private int runIn(SandboxDirectory directory, Container container, Interruption interruption) {
    SharedDirectory shared = SharedDirectory.create(directory);
    ContainerFiles files = setup.shares().files(container.id(), shared);
    String root = files.addImage(container.image(), directory.writable());
    LinuxResources resources = container.spec().linux().resources();
    interruption.check();
    try (RunNetwork network = RunNetwork.open(loop, setup, resources, container.network(), warn);
        ShareServer.Serving serving = setup.shares().serve(directory, shared, this::shareFailed)) {
      Spec spec = GuestSpec.of(network.withFiles(container.spec(), directory.path()), root, files);
      MachineSpec machine =
          setup.machines().machine(container.id(), resources, serving.shares(), network.devices());
      return runIn(machine, network, serving, container, new InGuest(spec, files), interruption);
    }
  }

  private int runIn(
      MachineSpec machine,
      RunNetwork network,
      ShareServer.Serving serving,
      Container container,
      InGuest inGuest,
      Interruption interruption) {
    try (Sandbox sandbox =
        Sandbox.boot(
            loop, setup.templates(), machine, setup.limits(), setup.roots(), interruption::check)) {
      running = Optional.of(sandbox);
      serving.machineStarted().run();
      sandbox.awaitAgent();
      sandbox.create(
          container.id(), inGuest.spec().hostname(), serving.storages(), setup.kernelModules());
      network.connect(sandbox);
      return runContainer(sandbox, container, inGuest, interruption);
    }
  }

  private void shareFailed(String reason) {
    running.ifPresent(
        sandbox -> sandbox.fail("the files of the sandbox are not served any more: " + reason));
  }

  private int runContainer(
      Sandbox sandbox, Container container, InGuest inGuest, Interruption interruption) {
    String id = container.id();
    boolean terminal = inGuest.spec().process().terminal();
    if (terminal) {
      sandbox.createContainer(id, inGuest.spec(), inGuest.files());
    } else {
      sandbox.createContainerToStart(id, inGuest.spec(), inGuest.files());
    }
    ProcessStreams.HostStreams host =
        new ProcessStreams.HostStreams(
            container.interactive() ? Optional.of(Fd.STDIN) : Optional.empty(),
            Optional.of(Fd.STDOUT),
            terminal ? Optional.empty() : Optional.of(Fd.STDERR));
    try (ProcessStreams streams = ProcessStreams.attach(loop, sandbox.agent(), id, id, host);
        LocalTerminal local =
            LocalTerminal.take(
                loop,
                terminal && container.interactive(),
                size -> sandbox.resize(id, id, size.rows(), size.columns()))) {
      sandbox.startContainer(id);
      // A terminal that hangs up will not come back to end what it started.
      interruption.forwardTo(
          signal -> {
            boolean hungUp = terminal && signal == Signals.SIGHUP;
            sandbox.signal(id, id, hungUp ? Signals.SIGKILL : signal);
          });
      streams.feedInput();
      loop.schedule(REST_MILLIS, Processes::rest);
      OptionalInt code = sandbox.runToEnd(id, id, streams);
      sandbox.destroy();
      return code.orElse(BROKEN_PIPE_CODE);
    }
  }
}
