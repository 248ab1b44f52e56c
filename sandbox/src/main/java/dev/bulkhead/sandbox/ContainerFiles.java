package dev.bulkhead.sandbox;

import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.sandbox.disk.ContainerDisks;

/**
 * Lends a container what its specification names of the host's files: directories and files by the
 * shared directory, block devices as disks.
 *
 * @param shared the sandbox's
 * @param disks the container's
 */
public record ContainerFiles(String containerId, SharedDirectory shared, ContainerDisks disks)
    implements GuestSpec.VolumeLender {
  @Override
  public String lend(String source, boolean readOnly) {
    boolean blockDevice =
        Files.statusIfExists(source).filter(s -> s.type() == FileStatus.BLOCK_DEVICE).isPresent();
    return blockDevice
        ? disks.addFile(source, readOnly)
        : shared.addVolume(containerId, source, readOnly);
  }
}
