package dev.bulkhead.sandbox;

import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
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
   * @throws SandboxException if one of them is not there
   */
  public static LentFiles of(Spec spec) {
    DetachedMount root = HostVolume.openRoot(spec.root().path());
    List<DetachedMount> volumes = new ArrayList<>();
    try {
      for (Mount mount : spec.mounts()) {
        if (GuestSpec.isBind(mount)) {
          volumes.add(HostVolume.open(mount.source()));
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
   * @param files the container's, which lend them
   * @return the specification as the guest gets it
   */
  public Spec lend(Spec spec, SharedFiles files) {
    files.disks().addDevices(spec);
    Iterator<DetachedMount> rest = volumes.iterator();
    return GuestSpec.of(
        spec,
        files.addRoot(spec, root),
        volume -> {
          if (!rest.hasNext()) {
            throw new SandboxException("the volume '" + volume.source() + "' was not handed over");
          }
          return files.lend(volume, rest.next());
        });
  }

  @Override
  public void close() {
    root.close();
    volumes.forEach(DetachedMount::close);
  }
}
