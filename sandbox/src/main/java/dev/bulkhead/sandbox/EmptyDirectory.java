package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.FileSystem;
import dev.bulkhead.linux.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A directory that kubelet made empty for a pod (emptyDir), so that nobody needs the host's: the
 * guest has its own instead, in its memory, which the pod's containers share and which lives as
 * long as the pod. Its size is that of the host's, if that lies in memory, else half of the guest's
 * memory.
 */
final class EmptyDirectory {
  /** The directory that all of a pod lie in, by kubelet's plugin of that name. */
  private static final String PLACE = "/kubernetes.io~empty-dir/";

  /** What the guest mounts here belongs to the sandbox and not to one container. */
  private static final String GUEST_PLACE = "/run/kata-containers/sandbox/volumes/";

  private static final int OCTAL = 8;

  private EmptyDirectory() {}

  /**
   * The guest's own in the place of a volume's, or nothing if that is no emptyDir.
   *
   * @param source the volume's path
   * @param directory the same, open
   */
  static Optional<Storage> of(String source, Fd directory) {
    int place = source.lastIndexOf(PLACE);
    String name = place < 0 ? "" : source.substring(place + PLACE.length());
    FileStatus status = Files.status(directory);
    if (name.isEmpty() || name.indexOf('/') >= 0 || !status.isDirectory()) {
      return Optional.empty();
    }
    List<String> options = new ArrayList<>();
    options.add("mode=" + Integer.toString(status.mode() & 07777, OCTAL));
    options.add("uid=" + status.uid());
    options.add("gid=" + status.gid());
    options.add("size=" + size(FileSystem.of(directory)));
    return Optional.of(
        Storage.DEFAULT
            .withDriver("ephemeral")
            .withSource("tmpfs")
            .withFstype("tmpfs")
            .withOptions(options)
            .withMountPoint(GUEST_PLACE + name));
  }

  private static String size(FileSystem host) {
    long bytes = host.blocks() * host.blockSize();
    return host.isInMemory() && bytes > 0 ? Long.toString(bytes) : "50%";
  }
}
