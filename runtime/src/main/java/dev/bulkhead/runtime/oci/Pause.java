package dev.bulkhead.runtime.oci;

import dev.bulkhead.runtime.monitor.MonitorRequest;

/** {@code pause}: all processes of a container stop where they are. */
public final class Pause {
  private final OciRuntime runtime;

  public Pause(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** Pauses the container. */
  public void run(String id) {
    runtime.ask(id, new MonitorRequest.Pause());
  }
}
