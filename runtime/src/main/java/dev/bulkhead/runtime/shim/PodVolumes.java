package dev.bulkhead.runtime.shim;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import dev.bulkhead.runtime.monitor.MonitorServer;
import dev.bulkhead.runtime.volume.VolumeActions;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers commands about the direct volumes of a pod's containers, once there is one. */
final class PodVolumes implements AutoCloseable {
  private final EventLoop loop;
  private final ContainerDirectory directory;
  private final Map<String, VolumeActions> containers = new HashMap<>();
  private final Map<String, String> owners = new HashMap<>();
  private Optional<MonitorServer> server = Optional.empty();

  /**
   * For a pod without any yet.
   *
   * @param directory of the pod's first container, for the socket
   */
  PodVolumes(EventLoop loop, ContainerDirectory directory) {
    this.loop = loop;
    this.directory = directory;
  }

  /** Answers for a container that has these disks. */
  void add(Sandbox sandbox, String containerId, ContainerDisks disks) {
    if (disks.directVolumes().isEmpty()) {
      return;
    }
    if (server.isEmpty()) {
      server = Optional.of(new MonitorServer(loop, directory.listen(), this::handle));
    }
    disks.directVolumes().forEach(volume -> owners.put(volume, containerId));
    containers.put(containerId, new VolumeActions(sandbox, disks, containerId, directory.path()));
  }

  /** The container is no more. */
  void remove(String containerId) {
    owners.values().removeIf(containerId::equals);
    Optional.ofNullable(containers.remove(containerId)).ifPresent(VolumeActions::close);
  }

  private void handle(MonitorRequest request, List<Fd> descriptors, MonitorServer.Reply reply) {
    descriptors.forEach(Fd::close);
    try {
      switch (request) {
        case MonitorRequest.VolumeStatistics(String path) ->
            reply.succeed(actions(path).statistics(path));
        case MonitorRequest.ResizeVolume(String path, long bytes) -> {
          actions(path).resize(path, bytes);
          reply.succeed(new JsonObject());
        }
        default -> reply.fail("this container is containerd's; ask containerd");
      }
    } catch (AgentException | HypervisorException | SandboxException | LinuxException e) {
      reply.fail(e.getMessage());
    }
  }

  private VolumeActions actions(String volumePath) {
    return Optional.ofNullable(owners.get(volumePath))
        .map(containers::get)
        .orElseThrow(
            () -> new SandboxException("the pod has no direct volume '" + volumePath + "'"));
  }

  @Override
  public void close() {
    server.ifPresent(MonitorServer::close);
    server = Optional.empty();
    containers.values().forEach(VolumeActions::close);
    containers.clear();
  }
}
