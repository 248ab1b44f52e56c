package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.Signals;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.util.OptionalInt;

/** {@code kill}: a signal for a container's first process, or for all of its processes. */
public final class Kill {
  private final OciRuntime runtime;

  public Kill(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Sends the signal.
   *
   * @param signal its number, or its name with or without SIG
   */
  public void run(String id, String signal, boolean all) {
    OptionalInt number = Signals.parse(signal);
    if (number.isEmpty()) {
      throw new ContainerException(
          "'" + signal + "' is no signal; a name such as TERM or a number up to 64 is expected");
    }
    ContainerState state = runtime.root().state(id);
    if (state.status() == ContainerStatus.STOPPED) {
      if (all) {
        return;
      }
      // Engines know this wording.
      throw new ContainerException("container not running: '" + id + "' has stopped");
    }
    // Without its monitor the process is about to end, and needs no signal.
    runtime.askIfThere(
        id, new MonitorRequest.Kill(number.getAsInt(), all), OciRuntime.REQUEST_MILLIS);
  }
}
