package dev.bulkhead.linux;

/**
 * What statfs(2) tells of a mounted file system.
 *
 * @param type the kernel's number for the kind of file system
 * @param blockSize bytes
 * @param availableBlocks those free ones that a program without privileges gets
 */
public record FileSystem(
    long type,
    long blockSize,
    long blocks,
    long freeBlocks,
    long availableBlocks,
    long inodes,
    long freeInodes) {
  /** _IOW('f', 16, __u64). */
  private static final int EXT4_IOC_RESIZE_FS = 0x40086610;

  private static final long TMPFS_MAGIC = 0x01021994;

  /** That of an open file. */
  public static FileSystem of(Fd file) {
    try (NativeMemory status = new NativeMemory(128)) {
      LinuxException.check(Libc.fstatfs(file.number(), status.address()), "fstatfs", file.name());
      return new FileSystem(
          status.getLong(0),
          status.getLong(8),
          status.getLong(16),
          status.getLong(24),
          status.getLong(32),
          status.getLong(40),
          status.getLong(48));
    }
  }

  /** Whether it is a tmpfs. */
  public boolean isInMemory() {
    return type == TMPFS_MAGIC;
  }

  /**
   * Grows it, if it is ext4, to the size that its disk has got.
   *
   * @param file open on it
   * @param bytes of which a part of a block is left out
   */
  public void growExt4(Fd file, long bytes) {
    try (NativeMemory count = new NativeMemory(8)) {
      count.putLong(0, bytes / blockSize);
      LinuxException.check(
          Libc.ioctl(file.number(), EXT4_IOC_RESIZE_FS, count.address()), "resize", file.name());
    }
  }
}
