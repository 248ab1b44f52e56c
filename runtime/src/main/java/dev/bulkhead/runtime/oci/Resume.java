package dev.bulkhead.runtime.oci;

import dev.bulkhead.runtime.monitor.MonitorRequest;

/** {@code resume}: the processes of a paused container go on. */
public final class Resume {
  private final OciRuntime runtime;

  public Resume(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** Resumes the container. */
  public void run(String id) {
    runtime.ask(id, new MonitorRequest.Resume());
  }
}
