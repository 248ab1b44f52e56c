package dev.bulkhead.sandbox.disk;

import dev.bulkhead.hypervisor.Disk;
import dev.bulkhead.linux.DeviceNumber;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.sandbox.SandboxException;

/** Opens what becomes a disk of a machine. */
final class HostDisk {
  private HostDisk() {}

  /**
   * Opens a block device, or a file with a disk's content.
   *
   * @param alone whether nobody else on the host may use the device meanwhile, as when the guest
   *     mounts a file system on it and writes there
   * @throws SandboxException if it is neither, or cannot be had
   */
  static Disk open(String path, boolean readOnly, boolean alone) {
    int flags = readOnly ? Open.O_RDONLY : Open.O_RDWR | (alone ? Open.O_EXCL : 0);
    Fd content;
    try {
      // Opening some files has effects: look before.
      int type = Files.status(path).type();
      if (type != FileStatus.BLOCK_DEVICE && type != FileStatus.REGULAR) {
        throw new SandboxException("'" + path + "' is no block device and no file");
      }
      content = Files.open(path, flags);
    } catch (LinuxException e) {
      throw new SandboxException(
          "the block device '"
              + path
              + "' cannot be used: "
              + e.reason()
              + (e.errno() == Errno.EBUSY ? "; unmount it on the host first" : ""),
          e);
    }
    return new Disk(content, readOnly);
  }

  /**
   * Opens the block device of a number.
   *
   * @param role what it is for, in an error's sentence
   */
  static Disk open(String role, DeviceNumber number, boolean readOnly) {
    String path =
        number
            .node()
            .orElseThrow(
                () ->
                    new SandboxException(
                        "the device '"
                            + role
                            + "' cannot be used: the host has no block device "
                            + number.text()));
    Disk disk = open(path, readOnly, false);
    FileStatus status = Files.status(disk.content());
    if (status.type() != FileStatus.BLOCK_DEVICE
        || status.rdevMajor() != number.major()
        || status.rdevMinor() != number.minor()) {
      disk.content().close();
      throw new SandboxException(
          "the device '" + role + "' cannot be used: '" + path + "' is not " + number.text());
    }
    return disk;
  }
}
