package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Runs one container to its end in the foreground. The process leaves the host's mount namespace,
 * so that whatever ends it takes its mounts away too.
 */
public final class ForegroundRun {
  /** What the shell reports of a program whose reader went away. */
  private static final int BROKEN_PIPE_CODE = 128 + Signals.SIGPIPE;

  private static final List<Integer> FORWARDED =
      List.of(
          Signals.SIGHUP,
          Signals.SIGINT,
          Signals.SIGQUIT,
          Signals.SIGTERM,
          Signals.SIGUSR1,
          Signals.SIGUSR2,
          Signals.SIGCONT);

  private final EventLoop loop;
  private final Hypervisor hypervisor;
  private final MachineSettings settings;
  private final ShareServer shares;
  private final Sandbox.Limits limits;
  private final SandboxDirectory.Roots roots;

  private Sandbox sandbox;
  private boolean started;
  private int interruptedBy;

  /**
   * Where the container comes from.
   *
   * @param id the sandbox's and the container's
   * @param image the directory that its root file system is layered over
   * @param spec with the host's paths
   * @param interactive whether it gets this process's standard input
   */
  public record Container(String id, String image, Spec spec, boolean interactive) {}

  public ForegroundRun(
      EventLoop loop,
      Hypervisor hypervisor,
      MachineSettings settings,
      ShareServer shares,
      Sandbox.Limits limits,
      SandboxDirectory.Roots roots) {
    this.loop = loop;
    this.hypervisor = hypervisor;
    this.settings = settings;
    this.shares = shares;
    this.limits = limits;
    this.roots = roots;
  }

  /**
   * Runs it.
   *
   * @return the exit code of its process, 128 + n for a signal; also for one that came to this
   *     process before the container ran
   */
  public int run(Container container) {
    Signals.ignoreBrokenPipes();
    try (Signals signals = Signals.handle(loop, FORWARDED, s -> forward(container, s))) {
      Namespaces.unshare(Namespaces.MOUNT);
      Mounts.setPropagation("/", Mounts.MS_SLAVE | Mounts.MS_REC);
      SandboxDirectory.sweep(roots);
      try (SandboxDirectory directory = SandboxDirectory.create(roots, container.id())) {
        try {
          return runIn(directory, container);
        } catch (Sandbox.Interrupted e) {
          return 128 + interruptedBy;
        } finally {
          directory.unmountAll();
        }
      }
    }
  }

  private int runIn(SandboxDirectory directory, Container container) {
    SharedDirectory shared = SharedDirectory.create(directory);
    String root = shared.addOverlayRoot(container.id(), container.image(), directory.writable());
    Spec spec =
        GuestSpec.of(
            container.spec(),
            root,
            (source, readOnly) -> shared.addVolume(container.id(), source, readOnly));
    checkInterrupted();
    try (ShareServer.Serving serving = shares.serve(directory, shared);
        Sandbox booted = boot(container, serving.share())) {
      booted.awaitAgent();
      booted.create(container.id(), spec.hostname(), List.of(serving.storage()), List.of());
      return runContainer(booted, container, spec);
    } finally {
      sandbox = null;
    }
  }

  private Sandbox boot(Container container, Share share) {
    sandbox =
        Sandbox.boot(
            loop,
            hypervisor,
            settings.machine(container.id(), container.spec().linux().resources(), share),
            limits);
    return sandbox;
  }

  private void checkInterrupted() {
    if (interruptedBy != 0) {
      throw new Sandbox.Interrupted();
    }
  }

  private int runContainer(Sandbox booted, Container container, Spec spec) {
    String id = container.id();
    boolean terminal = spec.process().terminal();
    booted.createContainer(id, spec);
    ProcessStreams.HostStreams host =
        new ProcessStreams.HostStreams(
            container.interactive() ? Optional.of(Fd.STDIN) : Optional.empty(),
            Optional.of(Fd.STDOUT),
            terminal ? Optional.empty() : Optional.of(Fd.STDERR));
    try (ProcessStreams streams = ProcessStreams.attach(loop, booted.agent(), id, id, host);
        LocalTerminal local =
            LocalTerminal.take(
                loop,
                terminal && container.interactive(),
                size -> booted.resize(id, id, size.rows(), size.columns()))) {
      booted.startContainer(id);
      started = true;
      streams.feedInput();
      OptionalInt code = booted.runToEnd(id, id, streams);
      booted.destroy();
      return code.orElse(BROKEN_PIPE_CODE);
    }
  }

  /** Before the container runs a signal ends the run; afterwards it is the container's. */
  private void forward(Container container, int signal) {
    if (started && sandbox != null) {
      sandbox.signal(container.id(), container.id(), signal);
    } else if (signal != Signals.SIGCONT) {
      interruptedBy = signal;
      if (sandbox != null) {
        sandbox.interrupt();
      }
    }
  }
}
