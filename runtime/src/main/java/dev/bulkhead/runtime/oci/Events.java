package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.nio.charset.StandardCharsets;

/** {@code events}: what a container uses, by its accounting in the guest. */
public final class Events {
  private final OciRuntime runtime;

  public Events(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** One look, as a line of JSON. */
  public String once(String id) {
    JsonObject event = new JsonObject();
    event.put("type", "stats");
    event.put("id", id);
    event.put("data", runtime.ask(id, new MonitorRequest.Statistics()));
    return JsonWriter.string(event) + "\n";
  }

  /** Prints a look after each interval until the container ends. */
  public void follow(String id, long intervalMillis) {
    try (EventLoop loop = new EventLoop()) {
      while (runtime.root().state(id).status() != ContainerStatus.STOPPED) {
        try {
          Fd.STDOUT.writeAll(once(id).getBytes(StandardCharsets.UTF_8));
        } catch (ContainerException e) {
          if (runtime.root().state(id).status() == ContainerStatus.STOPPED) {
            return;
          }
          throw e;
        }
        loop.runUntil(() -> false, intervalMillis);
      }
    }
  }
}
