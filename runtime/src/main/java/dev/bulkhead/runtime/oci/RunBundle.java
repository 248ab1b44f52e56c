package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.runtime.monitor.Monitor;
import java.util.List;
import java.util.Optional;

/**
 * {@code run --bundle}: create and start, and unless it is detached wait for the end and delete.
 */
public final class RunBundle {
  private static final List<Integer> FORWARDED =
      List.of(
          Signals.SIGHUP,
          Signals.SIGINT,
          Signals.SIGQUIT,
          Signals.SIGTERM,
          Signals.SIGUSR1,
          Signals.SIGUSR2,
          Signals.SIGCONT,
          Signals.SIGWINCH);

  private final OciRuntime runtime;
  private final Create create;

  public RunBundle(OciRuntime runtime, Monitor.Preparation preparation) {
    this.runtime = runtime;
    this.create = new Create(runtime, preparation);
  }

  /**
   * Runs the container.
   *
   * @return its exit code; 0 at once if it is detached
   */
  public int run(Create.Options options, boolean detach) {
    if (detach) {
      create.run(options);
      start(options.id());
      return 0;
    }
    Optional<Terminal.RawMode> raw = Optional.empty();
    try {
      int pid;
      if (options.consoleSocket().isPresent()) {
        pid = create.run(options);
      } else {
        Create.Attached attached = create.runAttached(options);
        pid = attached.pid();
        if (attached.terminal() && Terminal.isTerminal(Fd.STDIN)) {
          raw = Optional.of(Terminal.makeRaw(Fd.STDIN));
        }
      }
      start(options.id());
      int code = await(pid);
      new Delete(runtime).run(options.id(), true);
      return code;
    } finally {
      raw.ifPresent(Terminal.RawMode::close);
    }
  }

  private void start(String id) {
    try {
      new Start(runtime).run(id);
    } catch (RuntimeException e) {
      new Delete(runtime).run(id, true);
      throw e;
    }
  }

  /** The container process is this one's child. */
  private static int await(int pid) {
    try (EventLoop loop = new EventLoop();
        Fd pidfd = Processes.openPidfd(pid);
        Signals signals =
            Signals.handle(loop, FORWARDED, signal -> Processes.kill(pidfd, signal))) {
      boolean[] ended = new boolean[1];
      try (EventLoop.Watch watch =
          loop.watch(pidfd, EventLoop.READABLE, events -> ended[0] = true)) {
        loop.runUntil(() -> ended[0]);
      }
      return Processes.await(pid).code();
    }
  }
}
