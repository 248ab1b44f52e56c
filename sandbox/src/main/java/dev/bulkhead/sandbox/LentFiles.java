package dev.bulkhead.sandbox;

import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The root and the volumes of a container, copied in the mount namespace in which their paths mean
 * something, so that a process in another one can lend them to its guest. Whoever has them closes
 * them.
 *
 * @param volumes in the order of the specification's mounts
 */
public record LentFiles(DetachedMount root, List<DetachedMount> volumes) implements AutoCloseable {
  public LentFiles {
    volumes = List.copyOf(volumes);
  }

  /**
   * Copies what a specification names.
   *
   * @throws SandboxException if a volume is not there
   */
  public static LentFiles of(Spec spec) {
    DetachedMount root = DetachedMount.copyOf(spec.root().path(), true);
    List<DetachedMount> volumes = new ArrayList<>();
    try {
      for (Mount mount : spec.mounts()) {
        if (GuestSpec.isBind(mount)) {
          volumes.add(SharedDirectory.volume(mount.source()));
        }
      }
      return new LentFiles(root, volumes);
    } catch (RuntimeException e) {
      new LentFiles(root, volumes).close();
      throw e;
    }
  }

  /** What another process copied, by {@link #descriptors}. */
  public static LentFiles received(List<Fd> descriptors) {
    List<DetachedMount> mounts = descriptors.stream().map(DetachedMount::received).toList();
    return new LentFiles(mounts.getFirst(), mounts.subList(1, mounts.size()));
  }

  /** What another process needs to lend them: the root's, then the volumes'. */
  public List<Fd> descriptors() {
    List<Fd> descriptors = new ArrayList<>(List.of(root.top()));
    volumes.forEach(volume -> descriptors.add(volume.top()));
    return descriptors;
  }

  /**
   * Lends them to a guest.
   *
   * @param spec the one that they were copied for
   * @param disks the container's, which get its block devices
   * @return the specification as the guest gets it
   */
  public Spec lend(Spec spec, String containerId, SharedDirectory shared, ContainerDisks disks) {
    disks.addDevices(spec);
    Iterator<DetachedMount> rest = volumes.iterator();
    return GuestSpec.of(
        spec,
        shared.addRoot(containerId, root),
        (source, readOnly) -> {
          if (!rest.hasNext()) {
            throw new SandboxException("the volume '" + source + "' was not handed over");
          }
          DetachedMount volume = rest.next();
          return Files.status(volume.top()).type() == FileStatus.BLOCK_DEVICE
              ? disks.addFile(source, readOnly)
              : shared.addVolume(containerId, source, volume, readOnly);
        });
  }

  @Override
  public void close() {
    root.close();
    volumes.forEach(DetachedMount::close);
  }
}
