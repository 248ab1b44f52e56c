package dev.bulkhead.linux;

import java.util.ArrayList;
import java.util.List;
import org.teavm.interop.Address;

/** Mounting, see mount(2). */
public final class Mounts {
  public static final long MS_RDONLY = 1;
  public static final long MS_NOSUID = 1 << 1;
  public static final long MS_NODEV = 1 << 2;
  public static final long MS_NOEXEC = 1 << 3;
  public static final long MS_SYNCHRONOUS = 1 << 4;
  public static final long MS_REMOUNT = 1 << 5;
  public static final long MS_MANDLOCK = 1 << 6;
  public static final long MS_DIRSYNC = 1 << 7;
  public static final long MS_NOSYMFOLLOW = 1 << 8;
  public static final long MS_NOATIME = 1 << 10;
  public static final long MS_NODIRATIME = 1 << 11;
  public static final long MS_BIND = 1 << 12;
  public static final long MS_MOVE = 1 << 13;
  public static final long MS_REC = 1 << 14;
  public static final long MS_SILENT = 1 << 15;
  public static final long MS_UNBINDABLE = 1 << 17;
  public static final long MS_PRIVATE = 1 << 18;
  public static final long MS_SLAVE = 1 << 19;
  public static final long MS_SHARED = 1 << 20;
  public static final long MS_RELATIME = 1 << 21;
  public static final long MS_I_VERSION = 1 << 23;
  public static final long MS_STRICTATIME = 1 << 24;
  public static final long MS_LAZYTIME = 1 << 25;

  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;

  private static final int AT_RECURSIVE = 0x8000;
  private static final int MOUNT_ATTR_SIZE = 32;

  private Mounts() {}

  /**
   * Mounts.
   *
   * @param source what, or "" for none
   * @param type the file system's type, or "" for none
   * @param flags of this class
   * @param data the file system's own options, or ""
   */
  public static void mount(String source, String target, String type, long flags, String data) {
    byte[] sourceBytes = CString.of(source.isEmpty() ? "none" : source);
    byte[] targetBytes = CString.of(target);
    byte[] typeBytes = CString.of(type.isEmpty() ? "none" : type);
    byte[] dataBytes = CString.of(data);
    int result =
        Libc.mount(
            Address.ofData(sourceBytes),
            Address.ofData(targetBytes),
            Address.ofData(typeBytes),
            flags,
            Address.ofData(dataBytes));
    if (result != 0) {
      int errno = Libc.errno();
      String what = type.isEmpty() ? source : type;
      throw new LinuxException("mount", what + " on " + target, errno);
    }
  }

  /**
   * Has this process's further mounts in a namespace of its own, which ends with it; what is
   * mounted outside meanwhile appears in it.
   */
  public static void enterOwnNamespace() {
    Namespaces.unshare(Namespaces.MOUNT);
    setPropagation("/", MS_SLAVE | MS_REC);
  }

  /**
   * Makes the mounts below {@code target} forget or keep their peers; {@code flags} MS_PRIVATE...
   */
  public static void setPropagation(String target, long flags) {
    mount("", target, "", flags, "");
  }

  /** Makes a directory or file, with the mounts below it if asked, appear at another place too. */
  public static void bind(String source, String target, boolean recursive) {
    mount(source, target, "", MS_BIND | (recursive ? MS_REC : 0), "");
  }

  /** Makes a mount, and all below it if asked, read-only; see mount_setattr(2). */
  public static void makeReadOnly(Fd mount, boolean recursive) {
    setAttributes(mount, recursive, DetachedMount.READ_ONLY, 0, 0);
  }

  /** Sets and clears attributes of a mount, and gives it a propagation if that is not 0. */
  static void setAttributes(Fd mount, boolean recursive, long set, long clear, long propagation) {
    try (NativeMemory attributes = new NativeMemory(MOUNT_ATTR_SIZE);
        NativeMemory empty = new NativeMemory(1)) {
      attributes.putLong(0, set);
      attributes.putLong(8, clear);
      attributes.putLong(16, propagation);
      long result =
          Libc.syscall(
              SystemCalls.MOUNT_SETATTR,
              mount.number(),
              empty.address(),
              Address.fromLong(Files.AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)),
              attributes.address().toLong(),
              MOUNT_ATTR_SIZE);
      LinuxException.check(result, "mount_setattr", mount.name());
    }
  }

  /** Unmounts, at once for new users and for the rest when the last one is done. */
  public static void detach(String target) {
    int result = Libc.umount2(Address.ofData(CString.of(target)), MNT_DETACH | UMOUNT_NOFOLLOW);
    LinuxException.check(result, "umount", target);
  }

  /** Unmounts; fails while something is in use. */
  public static void unmount(String target) {
    int result = Libc.umount2(Address.ofData(CString.of(target)), UMOUNT_NOFOLLOW);
    LinuxException.check(result, "umount", target);
  }

  /** As {@link #detach}; that nothing is mounted there is fine. */
  public static void detachIfMounted(String target) {
    int result = Libc.umount2(Address.ofData(CString.of(target)), MNT_DETACH | UMOUNT_NOFOLLOW);
    if (result != 0) {
      int errno = Libc.errno();
      if (errno != Errno.EINVAL && errno != Errno.ENOENT && errno != Errno.ENOTDIR) {
        throw new LinuxException("umount", target, errno);
      }
    }
  }

  /** The mount points at and below a path in this mount namespace, the last mounted first. */
  public static List<String> below(String path) {
    List<String> mountPoints = new ArrayList<>();
    String table = Files.readText("/proc/self/mountinfo");
    int start = 0;
    while (start < table.length()) {
      int end = table.indexOf('\n', start);
      String mountPoint = unescape(field(table.substring(start, end), 4));
      if (mountPoint.equals(path) || mountPoint.startsWith(path + "/")) {
        mountPoints.addFirst(mountPoint);
      }
      start = end + 1;
    }
    return mountPoints;
  }

  private static String field(String line, int number) {
    int start = 0;
    for (int i = 0; i < number; i++) {
      start = line.indexOf(' ', start) + 1;
    }
    return line.substring(start, line.indexOf(' ', start));
  }

  /** The kernel writes blanks and the like as a backslash and three octal digits. */
  static String unescape(String escaped) {
    if (escaped.indexOf('\\') < 0) {
      return escaped;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < escaped.length(); i++) {
      if (escaped.charAt(i) == '\\' && i + 3 < escaped.length()) {
        text.append((char) Integer.parseInt(escaped.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(escaped.charAt(i));
      }
    }
    return text.toString();
  }

  /**
   * Makes the working directory, which has to be a mount, the root of the mount namespace, and lets
   * go of the old root.
   */
  public static void pivotToWorkingDirectory() {
    try (Fd oldRoot = Files.open("/", Open.O_PATH | Open.O_DIRECTORY);
        NativeMemory here = NativeMemory.stringArray(List.of("."))) {
      long result = Libc.syscall(SystemCalls.PIVOT_ROOT, here.at(16, 1), here.at(16, 1), 0, 0, 0);
      LinuxException.check(result, "pivot_root", "");
      // The old root now lies on top of the new one, where "." would still lead.
      Files.changeDirectory(oldRoot);
    }
    // What the old root shares must not follow it away.
    setPropagation(".", MS_SLAVE | MS_REC);
    LinuxException.check(
        Libc.umount2(Address.ofData(CString.of(".")), MNT_DETACH), "umount", "the old root");
    Files.changeDirectory("/");
  }

  /** Makes the working directory the root, for file systems that pivot_root refuses. */
  public static void changeRootToWorkingDirectory() {
    LinuxException.check(Libc.chroot(Address.ofData(CString.of("."))), "chroot", "");
    Files.changeDirectory("/");
  }
}
