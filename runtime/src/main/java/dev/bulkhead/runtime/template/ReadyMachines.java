package dev.bulkhead.runtime.template;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.Values;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.run.RunExecution;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.template.ReadyMaker;
import dev.bulkhead.sandbox.template.TemplateException;
import dev.bulkhead.sandbox.template.Templates;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Makes machines that are saved with their hypervisor's process, each in a process of its own, as
 * that has a mount namespace of its own and may be ended at any time. It ends with its parent.
 */
public final class ReadyMachines implements ReadyMaker {
  private static final int LONGEST_REASON = 2_000;
  private static final long POLL_MILLIS = 100;
  private static final int CALM_MOMENTS = 3;
  private static final long CALM_MILLIS = 120;

  private final EventLoop loop;
  private final Configuration configuration;
  private final Optional<String> share;
  private final String root;

  /**
   * Makes them by this configuration.
   *
   * @param share the directory of files that were installed with the program
   * @param root the directory of the state that does not outlive a boot
   */
  public ReadyMachines(
      EventLoop loop, Configuration configuration, Optional<String> share, String root) {
    this.loop = loop;
    this.configuration = configuration;
    this.share = share;
    this.root = root;
  }

  @Override
  public void make(MachineSpec spec, Fd pages, Fd process, String stage, Runnable check) {
    List<Fd> report = UnixSocket.pair("report of a template's maker");
    Fd told = report.getFirst().setNonBlocking(true);
    Fd tell = report.getLast();
    int pid =
        Processes.fork(
            () -> {
              Processes.dieWithParent(Signals.SIGKILL);
              Processes.startDaemon("bulkhead-ready", List.of(pages, process, tell));
              return live(spec, pages, process, stage, tell);
            });
    tell.close();
    boolean ended = false;
    try (told) {
      String reason = awaitReport(told, check);
      Processes.Exit exit = Processes.await(pid);
      ended = true;
      if (exit.waitStatus() != 0) {
        throw new TemplateException(
            reason.isEmpty() ? "its maker ended with code " + exit.code() : reason);
      }
    } finally {
      if (!ended) {
        Processes.kill(pid, Signals.SIGKILL);
        Processes.await(pid);
      }
    }
  }

  /** Reads to the end, which comes with the maker's. */
  private String awaitReport(Fd told, Runnable check) {
    byte[] text = new byte[LONGEST_REASON];
    int[] length = new int[1];
    boolean[] ended = new boolean[1];
    try (EventLoop.Watch watch =
        loop.watch(
            told,
            EventLoop.READABLE,
            events -> {
              int count = told.read(text, length[0], text.length - length[0]);
              ended[0] |= count == 0;
              length[0] += Math.max(0, count);
            })) {
      while (!loop.runUntil(() -> ended[0], POLL_MILLIS)) {
        check.run();
      }
    }
    return new String(text, 0, length[0], StandardCharsets.UTF_8);
  }

  private int live(MachineSpec spec, Fd pages, Fd process, String stage, Fd tell) {
    try (EventLoop own = new EventLoop()) {
      save(own, spec, pages, process, stage);
      return 0;
    } catch (AgentException
        | ConfigurationException
        | ContainerException
        | HypervisorException
        | LinuxException
        | SandboxException e) {
      byte[] reason = e.getMessage().getBytes(StandardCharsets.UTF_8);
      tell.sendWithoutBlocking(reason, 0, Math.min(LONGEST_REASON, reason.length));
      return 1;
    }
  }

  private void save(EventLoop own, MachineSpec spec, Fd pages, Fd process, String stage)
      throws ConfigurationException {
    try (SandboxDirectory directory = SandboxDirectory.inMemory(stage)) {
      Setup setup = Setup.of(own, configuration, share, root, warning -> {});
      try {
        SharedDirectory shared = SharedDirectory.create(directory);
        try (ShareServer.Serving serving = setup.shares().serve(directory, shared, reason -> {})) {
          save(own, setup, spec, new Saved(pages, process), shared, serving);
        }
      } finally {
        directory.unmountAll();
      }
    }
  }

  /**
   * QEMU's table of a guest's pages grows while many are used, and shrinks when a guest that has
   * used few for a tenth of a second goes to another of its processes. All of it would be copied
   * for each clone.
   */
  private static void calmDown(EventLoop own, Sandbox sandbox) {
    for (int i = 0; i < CALM_MOMENTS; i++) {
      own.runUntil(() -> false, CALM_MILLIS);
      sandbox.becomeOneOfItsOwn();
      sandbox.settle();
    }
  }

  /** A container with usual rights. */
  private static Spec example() {
    try {
      return RunExecution.exampleSpec(Values.NONE);
    } catch (UsageException e) {
      throw new IllegalStateException("no options are wrong ones", e);
    }
  }

  private record Saved(Fd pages, Fd process) {}

  private void save(
      EventLoop own,
      Setup setup,
      MachineSpec spec,
      Saved saved,
      SharedDirectory shared,
      ShareServer.Serving serving) {
    List<NetworkDevice> devices = Templates.unconnected(spec.networkDevices());
    MachineSpec machine = spec.with("template", serving.shares(), devices);
    try (Sandbox sandbox =
        Sandbox.boot(
            own, setup.templates().booting(), machine, setup.limits(), setup.roots(), () -> {})) {
      sandbox.awaitAgent();
      new WarmUp(own, setup, example()).run(sandbox, shared, serving.storages(), devices);
      calmDown(own, sandbox);
      sandbox.saveProcess(saved.pages(), saved.process());
    } finally {
      devices.forEach(NetworkDevice::close);
    }
    setup.templates().tryOut(machine, saved.pages(), saved.process(), () -> {});
  }
}
