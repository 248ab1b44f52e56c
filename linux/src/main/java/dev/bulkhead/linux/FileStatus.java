package dev.bulkhead.linux;

/**
 * What statx(2) tells of a file.
 *
 * @param mode type and permission bits
 * @param size bytes
 * @param modifiedNanos time of the last change of content, nanoseconds since 1970
 * @param changedNanos time of the last change of content or attributes, nanoseconds since 1970;
 *     nobody can set it
 * @param deviceMajor the file system's device number
 * @param rdevMajor for a device node, the device it stands for
 */
public record FileStatus(
    int mode,
    int uid,
    int gid,
    long inode,
    long size,
    long modifiedNanos,
    long changedNanos,
    int deviceMajor,
    int deviceMinor,
    int rdevMajor,
    int rdevMinor) {
  public static final int TYPE_MASK = 0170000;
  public static final int SOCKET = 0140000;
  public static final int SYMLINK = 0120000;
  public static final int REGULAR = 0100000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int DIRECTORY = 0040000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int FIFO = 0010000;

  public int type() {
    return mode & TYPE_MASK;
  }

  /** Whether both are of one file, by whatever names. */
  public boolean isSameFile(FileStatus other) {
    return inode == other.inode
        && deviceMajor == other.deviceMajor
        && deviceMinor == other.deviceMinor;
  }

  public boolean isDirectory() {
    return type() == DIRECTORY;
  }

  public boolean isRegular() {
    return type() == REGULAR;
  }

  public boolean isSymlink() {
    return type() == SYMLINK;
  }
}
