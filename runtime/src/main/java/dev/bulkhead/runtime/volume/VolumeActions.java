package dev.bulkhead.runtime.volume;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.agentapi.VolumeStatsResponse;
import dev.bulkhead.agentapi.VolumeUsage;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import dev.bulkhead.sandbox.disk.DirectVolumes;

/**
 * What commands ask of the direct volumes of a running container. While it is open, its owner's
 * socket can be found from the volumes.
 */
public final class VolumeActions implements AutoCloseable {
  private final Sandbox sandbox;
  private final ContainerDisks disks;
  private final String containerId;

  /**
   * Writes down who has the volumes.
   *
   * @param socketDirectory of the container, with the socket of its sandbox's owner
   */
  public VolumeActions(
      Sandbox sandbox, ContainerDisks disks, String containerId, String socketDirectory) {
    this.sandbox = sandbox;
    this.disks = disks;
    this.containerId = containerId;
    for (String volume : disks.directVolumes()) {
      DirectVolumes.OF_HOST.use(volume, containerId, socketDirectory);
    }
  }

  /** How full a volume is, as CSI's NodeGetVolumeStats answers. */
  public JsonObject statistics(String volumePath) {
    VolumeStatsResponse answer = sandbox.volumeStatistics(place(volumePath).guestPath());
    JsonArray usages = new JsonArray();
    for (VolumeUsage usage : answer.usage()) {
      JsonObject object = new JsonObject();
      object.put("available", usage.available());
      object.put("total", usage.total());
      object.put("used", usage.used());
      object.put("unit", usage.unit().number());
      usages.add(object);
    }
    JsonObject condition = new JsonObject();
    condition.put("abnormal", answer.volumeCondition().abnormal());
    condition.put("message", answer.volumeCondition().message());
    JsonObject statistics = new JsonObject();
    statistics.put("usage", usages);
    statistics.put("volume_condition", condition);
    return statistics;
  }

  /** Grows a volume's disk and file system to the size that its device has got. */
  public void resize(String volumePath, long bytes) {
    ContainerDisks.Place place = place(volumePath);
    sandbox.machine().resizeDisk(place.pciPath(), bytes);
    sandbox.resizeVolume(place.guestPath(), bytes);
  }

  private ContainerDisks.Place place(String volumePath) {
    return disks
        .directVolume(volumePath)
        .orElseThrow(
            () ->
                new SandboxException(
                    "container '" + containerId + "' has no direct volume '" + volumePath + "'"));
  }

  @Override
  public void close() {
    for (String volume : disks.directVolumes()) {
      DirectVolumes.OF_HOST.release(volume, containerId);
    }
  }
}
