package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.shimapi.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A root file system that is a disk of its own, as of the snapshotters devmapper and blockfile: the
 * guest mounts it, and the host does not, unless the machine takes no disks.
 *
 * @param mount as containerd describes it
 */
record RootDisk(Mount mount) {
  /** The file system as the guest's kernel calls it. */
  static final String TYPE = "ext4";

  /** The option by which mount(8) mounts a file. */
  private static final String LOOP = "loop";

  /** What the shipped guest's kernel can mount by one driver. */
  private static final List<String> EXT = List.of("ext2", "ext3", "ext4");

  /** The disk that containerd's mounts describe, if they are nothing but one. */
  static Optional<RootDisk> of(List<Mount> mounts) {
    if (mounts.size() != 1) {
      return Optional.empty();
    }
    Mount mount = mounts.getFirst();
    if (!EXT.contains(mount.type()) || !mount.target().isEmpty() || !isDisk(mount)) {
      return Optional.empty();
    }
    return Optional.of(new RootDisk(mount));
  }

  /** A block device, or a file with a disk's content. */
  String source() {
    return mount.source();
  }

  /** Those of mount(8), without what is for the host alone. */
  List<String> options() {
    List<String> options = new ArrayList<>(mount.options());
    options.removeIf(LOOP::equals);
    return options;
  }

  /** Mounts it on the host after all. */
  void mountOnHost(String root) {
    RootMounts.mount(List.of(mount), root);
  }

  private static boolean isDisk(Mount mount) {
    int type = Files.statusIfExists(mount.source()).map(FileStatus::type).orElse(0);
    return type == FileStatus.BLOCK_DEVICE
        || (type == FileStatus.REGULAR && mount.options().contains(LOOP));
  }
}
