package dev.bulkhead.linux;

import java.util.List;
import org.teavm.interop.Address;

/**
 * Removes a directory with all below it, whatever a guest has made there: however deep, of it only
 * a few levels are open at once, and however many names, of these only some are in memory.
 */
final class TreeRemoval {
  private static final long RESOLVE_NO_XDEV = 0x01;
  private static final int DEEPEST = 64;

  private final Fd top;
  private int moved;

  private TreeRemoval(Fd top) {
    this.top = top;
  }

  /**
   * Removes a directory, following no link and entering nothing that is mounted.
   *
   * @param parent the directory that it is in
   * @param path for errors
   */
  static void remove(Fd parent, byte[] name, String path) {
    try (Fd directory = open(parent, name, path)) {
      new TreeRemoval(directory).empty(directory, path, 0);
    }
    removeDirectory(parent, name, path);
  }

  private static Fd open(Fd parent, byte[] name, String path) {
    int flags = Open.O_RDONLY | Open.O_DIRECTORY | Open.O_NOFOLLOW;
    try {
      return Files.openAt2(parent.number(), name, path, flags, 0, RESOLVE_NO_XDEV);
    } catch (LinuxException e) {
      throw e.errno() == Errno.EXDEV ? new LinuxException("rmdir", path, Errno.EBUSY) : e;
    }
  }

  private static void removeDirectory(Fd parent, byte[] name, String path) {
    int result = Libc.unlinkat(parent.number(), Address.ofData(name), Files.AT_REMOVEDIR);
    LinuxException.check(result, "rmdir", path);
  }

  private void empty(Fd directory, String path, int depth) {
    try (DirectoryNames names = new DirectoryNames(directory)) {
      boolean removedSome = true;
      while (removedSome) {
        removedSome = false;
        directory.seek(0);
        for (List<byte[]> some = names.next(); !some.isEmpty(); some = names.next()) {
          removedSome = true;
          for (byte[] name : some) {
            remove(directory, name, path, depth);
          }
        }
      }
    }
  }

  private void remove(Fd directory, byte[] name, String parentPath, int depth) {
    if (Libc.unlinkat(directory.number(), Address.ofData(name), 0) == 0) {
      return;
    }
    int errno = Libc.errno();
    String path = parentPath + "/" + CString.text(name);
    if (errno == Errno.ENOENT) {
      return;
    }
    if (errno != Errno.EISDIR && errno != Errno.EPERM) {
      throw new LinuxException("unlink", path, errno);
    }
    if (depth == DEEPEST) {
      moveToTop(directory, name, path);
      return;
    }
    try (Fd below = open(directory, name, path)) {
      empty(below, path, depth + 1);
    }
    removeDirectory(directory, name, path);
  }

  /** There it comes up for removal again, less deep. */
  private void moveToTop(Fd directory, byte[] name, String path) {
    while (true) {
      byte[] free = CString.of(".removed-" + moved++);
      int result =
          Libc.renameat(
              directory.number(), Address.ofData(name), top.number(), Address.ofData(free));
      int errno = result == 0 ? 0 : Libc.errno();
      if (errno == 0) {
        return;
      }
      if (errno != Errno.ENOTEMPTY && errno != Errno.EEXIST && errno != Errno.ENOTDIR) {
        throw new LinuxException("rename", path, errno);
      }
    }
  }
}
