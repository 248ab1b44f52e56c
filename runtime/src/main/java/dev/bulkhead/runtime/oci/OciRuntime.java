package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.monitor.MonitorClient;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.util.List;
import java.util.Optional;

/**
 * What all commands have in common.
 *
 * @param root where the containers are
 * @param log for what the caller should know beside the exit code
 * @param systemdCgroup whether cgroup paths have systemd's form
 */
public record OciRuntime(ContainerRoot root, MessageLog log, boolean systemdCgroup) {
  /** How long a monitor may take for a request: longer than the guest may take for its part. */
  static final long REQUEST_MILLIS = 90_000;

  /**
   * Asks a container's monitor.
   *
   * @return its answer
   * @throws ContainerException if there is no such container, it has ended, or the monitor refuses
   */
  JsonObject ask(String id, MonitorRequest request) {
    return ask(id, request, REQUEST_MILLIS);
  }

  /** As {@link #ask(String, MonitorRequest)}, of a monitor that may take longer. */
  JsonObject ask(String id, MonitorRequest request, long millis) {
    return askIfThere(id, request, millis)
        .orElseThrow(() -> new ContainerException("container not running: '" + id + "' has ended"));
  }

  /** As {@link #ask(String, MonitorRequest, long)}; empty if the monitor has ended. */
  Optional<JsonObject> askIfThere(String id, MonitorRequest request, long millis) {
    root.state(id);
    try (EventLoop loop = new EventLoop()) {
      Optional<MonitorClient> connected = MonitorClient.connect(loop, root.directory(id));
      if (connected.isEmpty()) {
        return Optional.empty();
      }
      try (MonitorClient client = connected.get()) {
        return Optional.of(client.call(request, List.of(), millis));
      }
    }
  }
}
