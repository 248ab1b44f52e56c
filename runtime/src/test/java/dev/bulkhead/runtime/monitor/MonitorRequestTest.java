package dev.bulkhead.runtime.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitorRequestTest {
  @Test
  void everyRequestComesBackAsItWasSent() throws Exception {
    List<MonitorRequest> requests =
        List.of(
            new MonitorRequest.Start(),
            new MonitorRequest.Kill(9, true),
            new MonitorRequest.Exec(
                42,
                Process.DEFAULT.withArgs(List.of("sh", "-c", "echo \u00e4")).withTerminal(true)),
            new MonitorRequest.Pause(),
            new MonitorRequest.Resume(),
            new MonitorRequest.Update(
                LinuxResources.DEFAULT.withMemory(LinuxMemory.DEFAULT.withLimit(1L << 33))),
            new MonitorRequest.Statistics(),
            new MonitorRequest.VolumeStatistics("/volume"),
            new MonitorRequest.ResizeVolume("/volume", 1L << 40),
            new MonitorRequest.ListProcesses(),
            new MonitorRequest.Destroy(),
            new MonitorRequest.Join("/run/x", 3, Spec.DEFAULT.withHostname("h")));
    for (MonitorRequest request : requests) {
      String text = JsonWriter.string(request.toJson());
      assertEquals(request, MonitorRequest.fromJson(JsonParser.object().from(text)));
    }
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThrows(InvalidJsonException.class, () -> MonitorRequest.fromJson(new JsonObject()));
    assertThrows(
        InvalidJsonException.class,
        () -> MonitorRequest.fromJson(JsonParser.object().from("{\"request\":7}")));
  }
}
