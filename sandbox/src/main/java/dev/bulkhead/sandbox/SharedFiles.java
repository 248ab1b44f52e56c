package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Directories and files by the shared directory, block devices as disks. Small volumes of kubelet's
 * are watched besides.
 */
public final class SharedFiles implements ContainerFiles {
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
  public SharedFiles(String containerId, SharedDirectory shared, ContainerDisks disks) {
    this.containerId = containerId;
    this.shared = shared;
    this.disks = disks;
  }

  @Override
  public String addRoot(Spec spec) {
    try (DetachedMount root = HostVolume.openRoot(spec.root().path())) {
      return addRoot(spec, root);
    }
  }

  /** As {@link #addRoot(Spec)}, of a copy of the directory's mount. */
  String addRoot(Spec spec, DetachedMount root) {
    return shared.addRoot(containerId, root, ReadOnlyRoot.suits(spec, root.top()));
  }

  @Override
  public String addImage(String image, String writable) {
    return shared.addOverlayRoot(containerId, image, writable);
  }

  @Override
  public String lend(GuestSpec.Volume volume) {
    return disks
        .addDirectVolume(volume.source(), volume.readOnly())
        .orElseGet(
            () -> {
              try (DetachedMount copy = HostVolume.open(volume.source())) {
                return share(volume, copy);
              }
            });
  }

  /** As {@link #lend(GuestSpec.Volume)}, of a copy of the volume's mount. */
  String lend(GuestSpec.Volume volume, DetachedMount copy) {
    return disks
        .addDirectVolume(volume.source(), volume.readOnly())
        .orElseGet(() -> share(volume, copy));
  }

  private String share(GuestSpec.Volume volume, DetachedMount copy) {
    if (Files.status(copy.top()).type() == FileStatus.BLOCK_DEVICE) {
      return disks.addFile(volume.source(), volume.readOnly());
    }
    String path = shared.addVolume(containerId, volume, copy);
    Optional<Storage> followed =
        volume.readOnly() ? WatchedVolume.of(copy.top().procPath(), path) : Optional.empty();
    followed.ifPresent(watched::add);
    return followed.map(Storage::mountPoint).orElse(path);
  }

  @Override
  public ContainerDisks disks() {
    return disks;
  }

  /** The volumes that are watched. */
  @Override
  public List<Storage> storages() {
    return List.copyOf(watched);
  }

  @Override
  public void send(Consumer<CopyFileRequest> guest) {
    // The guest sees the host's own.
  }

  @Override
  public void follow(Guest guest) {
    // It sees changes too.
  }

  @Override
  public void close() {
    try {
      disks.close();
    } finally {
      shared.remove(containerId);
    }
  }
}
