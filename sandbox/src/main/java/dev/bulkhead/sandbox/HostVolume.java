package dev.bulkhead.sandbox;

import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;

/** A file of the host that a container is to get, or a directory that is to be its root. */
final class HostVolume {
  private HostVolume() {}

  /**
   * A copy of the mount of a container's root, found as a volume is.
   *
   * @throws SandboxException if the path leads to no directory, or where a guest may have led it
   */
  static DetachedMount openRoot(String path) {
    try (HostPath.Found found = HostPath.open(path)) {
      if (Files.status(found.file()).type() != FileStatus.DIRECTORY) {
        throw new SandboxException("the root file system '" + path + "' is no directory");
      }
      return DetachedMount.copyOf(found.file(), true);
    } catch (LinuxException e) {
      throw new SandboxException(
          "the root file system '" + path + "' cannot be used: " + e.reason(), e);
    }
  }

  /**
   * A copy of the mount of a directory, regular file or block device. Its path is resolved once,
   * and leads through no link that a guest may have made.
   *
   * @throws SandboxException if the path leads nowhere, where a guest may have led it, or to
   *     something that a machine cannot have
   */
  static DetachedMount open(String source) {
    try (HostPath.Found found = HostPath.open(source)) {
      check(source, Files.status(found.file()).type(), found);
      return DetachedMount.copyOf(found.file(), true);
    } catch (LinuxException e) {
      throw new SandboxException("the volume '" + source + "' cannot be used: " + e.reason(), e);
    }
  }

  private static void check(String source, int type, HostPath.Found found) {
    switch (type) {
      case FileStatus.DIRECTORY, FileStatus.REGULAR -> {
        // Whatever it is, it lies where it was found.
      }
      case FileStatus.BLOCK_DEVICE -> {
        if (found.isInLent()) {
          throw new SandboxException(
              "the block device '"
                  + source
                  + "' lies in a directory that a running container may write, which may have made"
                  + " it; name the device's own node");
        }
      }
      case FileStatus.SOCKET, FileStatus.FIFO ->
          throw new SandboxException(
              "the volume '"
                  + source
                  + "' is a socket or fifo, whose other side is on the host: a virtual machine"
                  + " cannot reach it");
      default ->
          throw new SandboxException(
              "the volume '"
                  + source
                  + "' is a character device, which a virtual machine cannot share");
    }
  }
}
