package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lends a container what its specification names of the host's files: directories and files by the
 * shared directory, block devices as disks. Small volumes of kubelet's are watched besides.
 */
public final class ContainerFiles implements GuestSpec.VolumeLender {
  private final String containerId;
  private final SharedDirectory shared;
  private final ContainerDisks disks;
  private final List<Storage> watched = new ArrayList<>();

  /**
   * Begins with nothing lent.
   *
   * @param shared the sandbox's
   * @param disks the container's
   */
  public ContainerFiles(String containerId, SharedDirectory shared, ContainerDisks disks) {
    this.containerId = containerId;
    this.shared = shared;
    this.disks = disks;
  }

  @Override
  public String lend(GuestSpec.Volume volume) {
    try (DetachedMount copy = SharedDirectory.volume(volume.source())) {
      return lend(volume, copy);
    }
  }

  /** As {@link #lend(GuestSpec.Volume)}, of a copy of the volume's mount. */
  String lend(GuestSpec.Volume volume, DetachedMount copy) {
    if (Files.status(copy.top()).type() == FileStatus.BLOCK_DEVICE) {
      return disks.addFile(volume.source(), volume.readOnly());
    }
    String path = shared.addVolume(containerId, volume, copy);
    Optional<Storage> followed =
        volume.readOnly() ? WatchedVolume.of(copy.top().procPath(), path) : Optional.empty();
    followed.ifPresent(watched::add);
    return followed.map(Storage::mountPoint).orElse(path);
  }

  /** Makes a directory, of whose mount this is a copy, the container's root. */
  String addRoot(DetachedMount root) {
    return shared.addRoot(containerId, root);
  }

  /** The container's disks. */
  public ContainerDisks disks() {
    return disks;
  }

  /** What the guest has to mount for watched volumes. */
  public List<Storage> watched() {
    return List.copyOf(watched);
  }
}
