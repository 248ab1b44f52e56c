package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.hooks.HookException;
import dev.bulkhead.runtime.hooks.HookRunner;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.util.Optional;

/** {@code start}: the program of a created container runs. */
public final class Start {
  /** Longer than startContainer hooks may take. */
  private static final long START_MILLIS = 3_600_000;

  private final OciRuntime runtime;

  public Start(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** Starts the container. */
  public void run(String id) {
    ContainerState state = runtime.root().state(id);
    if (state.status() == ContainerStatus.STOPPED) {
      throw new ContainerException("cannot start container '" + id + "', which has stopped");
    }
    runtime.ask(id, new MonitorRequest.Start(), START_MILLIS);
    try (EventLoop loop = new EventLoop()) {
      new HookRunner(loop)
          .run(
              "poststart",
              state.hooks().poststart(),
              state.toOci(ContainerStatus.RUNNING),
              Optional.empty());
    } catch (HookException e) {
      // The container runs; by the specification this is for the log only.
      runtime.log().write(MessageLog.Level.WARNING, e.getMessage());
    }
  }
}
