package dev.bulkhead.runtime.volume;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.monitor.MonitorClient;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import dev.bulkhead.sandbox.disk.DirectVolumes;
import java.util.List;
import java.util.Optional;

/** What the command {@code direct-volume} does with a volume that sandboxes use. */
public final class DirectVolumeActions {
  private static final long TIMEOUT_MILLIS = 30_000;

  private final EventLoop loop;

  public DirectVolumeActions(EventLoop loop) {
    this.loop = loop;
  }

  /** How full it is, as a line of JSON. */
  public String statistics(String volumePath) {
    return JsonWriter.string(ask(volumePath, new MonitorRequest.VolumeStatistics(volumePath)))
        + "\n";
  }

  /** Tells who uses it that its device has grown. */
  public void resize(String volumePath, long bytes) {
    ask(volumePath, new MonitorRequest.ResizeVolume(volumePath, bytes));
  }

  private JsonObject ask(String volumePath, MonitorRequest request) {
    for (String directory : DirectVolumes.OF_HOST.users(volumePath)) {
      // One that was killed left its name, and nobody listens.
      Optional<MonitorClient> owner =
          MonitorClient.connect(loop, new ContainerDirectory(directory));
      if (owner.isPresent()) {
        try (MonitorClient client = owner.get()) {
          return client.call(request, List.of(), TIMEOUT_MILLIS);
        }
      }
    }
    throw new ContainerException(
        "no running container uses the direct volume '" + volumePath + "'");
  }
}
