package dev.bulkhead.agent.mount;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;

/**
 * Copies a small tree of files, as an image's directory into the tmpfs that hides it, or a volume.
 * Directories are open while they are copied and no link is followed, whatever happens to the tree
 * meanwhile.
 */
public final class TreeCopy {
  /** The most names of one directory, for which memory is enough. */
  public static final int MOST_NAMES = 100_000;

  private static final int CHUNK = 16 << 10;

  private TreeCopy() {}

  /** Copies all that lies in one directory into another, with owners, modes and links as links. */
  static void copyContent(Fd from, Fd to) {
    for (String name : Files.list(from.procPath(), MOST_NAMES)) {
      copy(from.procPath() + "/" + name, to.procPath() + "/" + name);
    }
  }

  /** Copies a file, link or directory to a path at which there is nothing. */
  public static void copy(String from, String to) {
    FileStatus status = Files.linkStatus(from);
    switch (status.type()) {
      case FileStatus.DIRECTORY -> copyDirectory(from, to);
      case FileStatus.SYMLINK -> Files.symlink(Files.readLink(from), to);
      case FileStatus.REGULAR -> copyFile(from, to);
      default -> Files.makeNode(to, status.mode(), status.rdevMajor(), status.rdevMinor());
    }
    Files.changeOwner(to, status.uid(), status.gid());
    if (!status.isSymlink()) {
      Files.changeMode(to, status.mode() & 07777);
    }
  }

  private static void copyDirectory(String from, String to) {
    int flags = Open.O_RDONLY | Open.O_DIRECTORY | Open.O_NOFOLLOW;
    Files.makeDirectory(to, 0700);
    try (Fd source = Files.open(from, flags);
        Fd target = Files.open(to, flags)) {
      copyContent(source, target);
    }
  }

  private static void copyFile(String from, String to) {
    byte[] buffer = new byte[CHUNK];
    try (Fd source = Files.open(from, Open.O_RDONLY | Open.O_NOFOLLOW | Open.O_NONBLOCK);
        Fd target = Files.open(to, Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL, 0600)) {
      int count = source.read(buffer, 0, buffer.length);
      while (count > 0) {
        int written = 0;
        while (written < count) {
          written += target.write(buffer, written, count - written);
        }
        count = source.read(buffer, 0, buffer.length);
      }
    }
  }
}
