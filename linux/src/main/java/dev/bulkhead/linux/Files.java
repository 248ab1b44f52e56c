package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.teavm.interop.Address;

/**
 * Files by path. For paths that a guest, an image or a configuration names, resolve first with
 * {@link RootDirectory}.
 */
public final class Files {
  /** What {@link #fileSystemKind} answers for /proc. */
  public static final long PROC = 0x9fa0;

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;

  static final int AT_EMPTY_PATH = 0x1000;
  private static final int AT_EACCESS = 0x200;
  private static final int X_OK = 1;
  private static final int PATH_LIMIT = 4096;
  private static final int STATX_BASIC_STATS = 0x7ff;

  private Files() {}

  /** Opens a file with flags of {@link Open}; a file that is made gets {@code mode} less umask. */
  public static Fd open(String path, int flags, int mode) {
    int fd = Libc.open(Address.ofData(CString.of(path)), flags | Open.O_CLOEXEC, mode);
    return new Fd(LinuxException.check(fd, "open", path), path);
  }

  public static Fd open(String path, int flags) {
    return open(path, flags, 0);
  }

  /** Opens a file below an open directory; symbolic links are followed unless flags forbid it. */
  public static Fd openAt(Fd directory, String name, int flags, int mode) {
    int fd =
        Libc.openat(
            directory.number(), Address.ofData(CString.of(name)), flags | Open.O_CLOEXEC, mode);
    String path = directory.name() + "/" + name;
    return new Fd(LinuxException.check(fd, "open", path), path);
  }

  /** The whole content, refused with an {@link IllegalArgumentException} above {@code limit}. */
  public static byte[] read(String path, int limit) {
    try (Fd fd = open(path, Open.O_RDONLY)) {
      return fd.readAll(limit);
    }
  }

  /** The whole content as UTF-8, up to 16 MiB. */
  public static String readText(String path) {
    return new String(read(path, 16 << 20), StandardCharsets.UTF_8);
  }

  /** As {@link #readText}, or empty if there is no such file. */
  public static Optional<String> readTextIfExists(String path) {
    try {
      return Optional.of(readText(path));
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Writes into a file that exists, as those of /proc, /sys and cgroups. */
  public static void writeExisting(String path, String text) {
    try (Fd fd = open(path, Open.O_WRONLY)) {
      fd.writeAll(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Makes or replaces a file, so that a reader sees the old content or the new one, whole, however
   * many write at once.
   */
  public static void replace(String path, byte[] content, int mode) {
    Fd file = newBeside(path, mode);
    try (file) {
      file.writeAll(content);
    } catch (LinuxException e) {
      removeIfExists(file.name());
      throw e;
    }
    rename(file.name(), path);
  }

  /** A new file that nobody else writes, not even one that was killed while it did. */
  private static Fd newBeside(String path, int mode) {
    for (int others = 0; ; others++) {
      String name = path + (others == 0 ? "" : "." + others) + ".new";
      try {
        return open(name, Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL, mode);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  public static void replace(String path, String text, int mode) {
    replace(path, text.getBytes(StandardCharsets.UTF_8), mode);
  }

  public static void rename(String from, String to) {
    int result =
        Libc.renameat(
            AT_FDCWD, Address.ofData(CString.of(from)), AT_FDCWD, Address.ofData(CString.of(to)));
    LinuxException.check(result, "rename", from + " to " + to);
  }

  /** The status of what the path leads to. */
  public static FileStatus status(String path) {
    return statusAt(AT_FDCWD, path, path, 0);
  }

  /** The status of the path itself, be it a symbolic link. */
  public static FileStatus linkStatus(String path) {
    return statusAt(AT_FDCWD, path, path, AT_SYMLINK_NOFOLLOW);
  }

  public static FileStatus status(Fd fd) {
    return statusAt(fd.number(), "", fd.name(), AT_EMPTY_PATH);
  }

  /** The status of the path itself, or empty if there is nothing. */
  public static Optional<FileStatus> linkStatusIfExists(String path) {
    try {
      return Optional.of(linkStatus(path));
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether an open file is still to be found at a path. */
  public static boolean isAt(Fd file, String path) {
    return statusIfExists(path).map(found -> found.isSameFile(status(file))).orElse(false);
  }

  /** The status of what the path leads to, or empty if there is nothing. */
  public static Optional<FileStatus> statusIfExists(String path) {
    try {
      return Optional.of(status(path));
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public static boolean exists(String path) {
    return statusIfExists(path).isPresent();
  }

  public static boolean isDirectory(String path) {
    return statusIfExists(path).map(FileStatus::isDirectory).orElse(false);
  }

  /** Whether this process, with the rights that it has now, may execute an open file. */
  public static boolean isExecutable(Fd file) {
    try (NativeMemory empty = new NativeMemory(1)) {
      Address mode = Address.fromLong(X_OK);
      int flags = AT_EACCESS | AT_EMPTY_PATH;
      return Libc.syscall(SystemCalls.FACCESSAT2, file.number(), empty.address(), mode, flags, 0)
          == 0;
    }
  }

  /** The kind of the file system that an open file is on, as {@link #PROC}; see statfs(2). */
  public static long fileSystemKind(Fd fd) {
    try (NativeMemory status = new NativeMemory(128)) {
      LinuxException.check(Libc.fstatfs(fd.number(), status.address()), "fstatfs", fd.name());
      return status.getLong(0);
    }
  }

  static FileStatus statusAt(int directory, String path, String name, int flags) {
    try (NativeMemory buffer = new NativeMemory(256);
        NativeMemory pathMemory = NativeMemory.stringArray(List.of(path))) {
      long result =
          Libc.syscall(
              SystemCalls.STATX,
              directory,
              pathMemory.at(16, 1),
              Address.fromLong(flags),
              STATX_BASIC_STATS,
              buffer.address().toLong());
      LinuxException.check(result, "stat", name);
      return new FileStatus(
          buffer.getShort(28),
          buffer.getInt(20),
          buffer.getInt(24),
          buffer.getLong(32),
          buffer.getLong(40),
          buffer.getLong(112) * 1_000_000_000L + buffer.getInt(120),
          buffer.getLong(96) * 1_000_000_000L + buffer.getInt(104),
          buffer.getInt(136),
          buffer.getInt(140),
          buffer.getInt(128),
          buffer.getInt(132));
    }
  }

  public static void makeDirectory(String path, int mode) {
    int result = Libc.mkdirat(AT_FDCWD, Address.ofData(CString.of(path)), mode);
    LinuxException.check(result, "mkdir", path);
  }

  /** Makes the directory and all above it that are missing. */
  public static void makeDirectories(String path, int mode) {
    for (int slash = path.indexOf('/', 1); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      makeDirectoryIfMissing(path.substring(0, slash), 0755);
    }
    makeDirectoryIfMissing(path, mode);
  }

  private static void makeDirectoryIfMissing(String path, int mode) {
    if (path.isEmpty()) {
      return;
    }
    if (Libc.mkdirat(AT_FDCWD, Address.ofData(CString.of(path)), mode) != 0) {
      int errno = Libc.errno();
      // Some file systems answer EROFS or EACCES for what exists.
      if (!isDirectory(path)) {
        throw new LinuxException("mkdir", path, errno);
      }
    }
  }

  public static void remove(String path) {
    int result = Libc.unlinkat(AT_FDCWD, Address.ofData(CString.of(path)), 0);
    LinuxException.check(result, "unlink", path);
  }

  /** Removes a file; that it is gone already is fine. */
  public static void removeIfExists(String path) {
    if (Libc.unlinkat(AT_FDCWD, Address.ofData(CString.of(path)), 0) != 0) {
      int errno = Libc.errno();
      if (errno != Errno.ENOENT && errno != Errno.ENOTDIR) {
        throw new LinuxException("unlink", path, errno);
      }
    }
  }

  public static void removeDirectory(String path) {
    int result = Libc.unlinkat(AT_FDCWD, Address.ofData(CString.of(path)), AT_REMOVEDIR);
    LinuxException.check(result, "rmdir", path);
  }

  /**
   * Removes a file or a directory with all below it, following no link and entering nothing that is
   * mounted (a mount point is left and reported as busy); that it is gone already is fine.
   */
  public static void removeTree(String path) {
    byte[] name = CString.of(path);
    if (Libc.unlinkat(AT_FDCWD, Address.ofData(name), 0) == 0) {
      return;
    }
    int errno = Libc.errno();
    if (errno == Errno.ENOENT) {
      return;
    }
    if (errno != Errno.EISDIR && errno != Errno.EPERM) {
      throw new LinuxException("unlink", path, errno);
    }
    int slash = path.lastIndexOf('/');
    try (Fd parent = open(path.substring(0, slash + 1) + ".", Open.O_PATH | Open.O_DIRECTORY)) {
      TreeRemoval.remove(parent, CString.of(path.substring(slash + 1)), path);
    }
  }

  /**
   * Opens by openat2(2).
   *
   * @param path in the directory, zero-terminated
   * @param name for the descriptor and errors
   */
  static Fd openAt2(int directory, byte[] path, String name, int flags, int mode, long resolve) {
    try (NativeMemory how = new NativeMemory(24)) {
      how.putLong(0, Integer.toUnsignedLong(flags | Open.O_CLOEXEC));
      how.putLong(8, (flags & Open.O_CREAT) != 0 ? mode : 0);
      how.putLong(16, resolve);
      long fd =
          Libc.syscall(SystemCalls.OPENAT2, directory, Address.ofData(path), how.address(), 24, 0);
      return new Fd((int) LinuxException.check(fd, "open", name), name);
    }
  }

  /** Whether a name that {@link #list} answered finds its file again, as it was UTF-8. */
  public static boolean isExact(String name) {
    return name.indexOf('\ufffd') < 0;
  }

  /** The names in a directory, without "." and "..", in the order of the file system. */
  public static List<String> list(String path) {
    return list(path, Integer.MAX_VALUE);
  }

  /**
   * As {@link #list(String)}, of a directory that somebody else fills.
   *
   * @throws LinuxException with {@link Errno#EFBIG} if there are more than {@code most} names
   */
  public static List<String> list(String path, int most) {
    try (Fd directory = open(path, Open.O_RDONLY | Open.O_DIRECTORY);
        DirectoryNames all = new DirectoryNames(directory)) {
      List<String> names = new ArrayList<>();
      for (List<byte[]> some = all.next(); !some.isEmpty(); some = all.next()) {
        some.forEach(name -> names.add(CString.text(name)));
        if (names.size() > most) {
          throw new LinuxException("list", path, Errno.EFBIG);
        }
      }
      return names;
    }
  }

  public static void symlink(String target, String path) {
    int result =
        Libc.symlinkat(
            Address.ofData(CString.of(target)), AT_FDCWD, Address.ofData(CString.of(path)));
    LinuxException.check(result, "symlink", path);
  }

  public static String readLink(String path) {
    return readLink(AT_FDCWD, path, path);
  }

  /** As {@link #readLink(String)}, of a link opened with O_PATH and O_NOFOLLOW. */
  public static String readLink(Fd link) {
    return readLink(link.number(), "", link.name());
  }

  private static String readLink(int directory, String path, String name) {
    byte[] buffer = new byte[PATH_LIMIT];
    long length =
        Libc.readlinkat(
            directory, Address.ofData(CString.of(path)), Address.ofData(buffer), buffer.length);
    LinuxException.check(length, "readlink", name);
    return new String(buffer, 0, (int) length, StandardCharsets.UTF_8);
  }

  /**
   * Makes a device node, fifo or regular file.
   *
   * @param mode type and permissions, as {@link FileStatus#mode}; umask applies
   */
  public static void makeNode(String path, int mode, int major, int minor) {
    int result =
        Libc.mknodat(AT_FDCWD, Address.ofData(CString.of(path)), mode, device(major, minor));
    LinuxException.check(result, "mknod", path);
  }

  static long device(int major, int minor) {
    return ((major & 0xfffff000L) << 32)
        | ((major & 0xfffL) << 8)
        | ((minor & 0xffffff00L) << 12)
        | (minor & 0xffL);
  }

  public static void changeMode(String path, int mode) {
    int result = Libc.fchmodat(AT_FDCWD, Address.ofData(CString.of(path)), mode, 0);
    LinuxException.check(result, "chmod", path);
  }

  /** Gives the path itself, not what a link leads to, to a user and group. */
  public static void changeOwner(String path, int uid, int gid) {
    int result =
        Libc.fchownat(AT_FDCWD, Address.ofData(CString.of(path)), uid, gid, AT_SYMLINK_NOFOLLOW);
    LinuxException.check(result, "chown", path);
  }

  public static void changeDirectory(String path) {
    LinuxException.check(Libc.chdir(Address.ofData(CString.of(path))), "chdir", path);
  }

  public static void changeDirectory(Fd directory) {
    LinuxException.check(Libc.fchdir(directory.number()), "fchdir", directory.name());
  }

  /**
   * The process's working directory.
   *
   * @throws LinuxException with ENOENT if it was removed or lies outside of the process's root
   */
  public static String currentDirectory() {
    try (NativeMemory buffer = new NativeMemory(PATH_LIMIT)) {
      Address path = Libc.getcwd(buffer.address(), PATH_LIMIT);
      if (path.toLong() == 0) {
        throw LinuxException.last("getcwd", "");
      }
      return CString.read(path);
    }
  }

  /** Sets the process's file mode mask and answers the old one. */
  public static int setUmask(int mask) {
    return Libc.umask(mask);
  }
}
