package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.teavm.interop.Address;

/**
 * A directory that is the root of all paths resolved through it: absolute paths and links start at
 * it, ".." stops at it, and no magic link of /proc is followed (openat2(2), RESOLVE_IN_ROOT). It is
 * how paths that an image, a guest or a configuration names are opened, whatever links lie there.
 */
public final class RootDirectory implements AutoCloseable {
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_IN_ROOT = 0x10;

  private static final int MAX_LINKS = 40;
  private static final int ATTEMPTS = 100;

  private final Fd directory;

  /** Takes ownership of an open directory. */
  public RootDirectory(Fd directory) {
    this.directory = directory;
  }

  public static RootDirectory open(String path) {
    return new RootDirectory(Files.open(path, Open.O_PATH | Open.O_DIRECTORY));
  }

  public Fd directory() {
    return directory;
  }

  /**
   * Opens what {@code path} names below the root.
   *
   * @param flags of {@link Open}; with O_PATH the result serves as a mount target or for status
   */
  public Fd open(String path, int flags, int mode) {
    return resolve(directory, path.isEmpty() ? "." : path, flags, mode);
  }

  private Fd resolve(Fd from, String path, int flags, int mode) {
    String name = directory.name() + (path.startsWith("/") ? "" : "/") + path;
    byte[] text = CString.of(path);
    long how = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    for (int attempt = 1; ; attempt++) {
      try {
        return Files.openAt2(from.number(), text, name, flags, mode, how);
      } catch (LinuxException e) {
        // Something was renamed or mounted, anywhere, while the kernel walked up by "..".
        if (e.errno() != Errno.EAGAIN || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** As {@link #open}, or empty if there is nothing of that name. */
  public Optional<Fd> openIfExists(String path, int flags) {
    try {
      return Optional.of(open(path, flags, 0));
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Opens the directory {@code path} (O_PATH), making what of it is missing; where a symbolic link
   * leads nowhere, what it names is made.
   */
  public Fd makeDirectories(String path, int mode) {
    return makeDirectories(path, mode, MAX_LINKS);
  }

  private Fd makeDirectories(String path, int mode, int linksLeft) {
    // Mostly all of it is there, and each step may be a question to a file server.
    Optional<Fd> whole = openIfExists(path, Open.O_PATH | Open.O_DIRECTORY);
    if (whole.isPresent()) {
      return whole.get();
    }
    Fd current = open("/", Open.O_PATH | Open.O_DIRECTORY, 0);
    String walked = "";
    for (String component : components(path)) {
      String parent = walked;
      walked = walked + "/" + component;
      Fd next;
      try {
        next = openOrMakeDirectory(current, parent, component, mode, linksLeft);
      } finally {
        current.close();
      }
      current = next;
    }
    return current;
  }

  private Fd openOrMakeDirectory(
      Fd parent, String parentPath, String component, int mode, int linksLeft) {
    String path = parentPath + "/" + component;
    Optional<Fd> existing = openIfExists(path, Open.O_PATH | Open.O_DIRECTORY);
    if (existing.isPresent()) {
      return existing.get();
    }
    byte[] name = CString.of(component);
    if (Libc.mkdirat(parent.number(), Address.ofData(name), mode) == 0) {
      return open(path, Open.O_PATH | Open.O_DIRECTORY, 0);
    }
    int errno = Libc.errno();
    if (errno != Errno.EEXIST) {
      throw new LinuxException("mkdir", directory.name() + path, errno);
    }
    byte[] target = new byte[4096];
    int length =
        (int)
            Libc.readlinkat(
                parent.number(), Address.ofData(name), Address.ofData(target), target.length);
    if (length < 0 || linksLeft == 0) {
      throw new LinuxException(
          "mkdir", directory.name() + path, length < 0 ? Errno.ENOTDIR : Errno.ELOOP);
    }
    String link = new String(target, 0, length, StandardCharsets.UTF_8);
    String where = link.startsWith("/") ? link : parentPath + "/" + link;
    return makeDirectories(where, mode, linksLeft - 1);
  }

  /** Opens the file {@code path} (O_PATH), making it empty, with its directories, if missing. */
  public Fd makeFile(String path, int mode) {
    Optional<Fd> existing = openIfExists(path, Open.O_PATH);
    if (existing.isPresent()) {
      return existing.get();
    }
    try (Fd parent = makeDirectories(parent(path), 0755)) {
      String name = name(path);
      int flags = Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL | Open.O_NOFOLLOW;
      Files.openAt(parent, name, flags, mode).close();
      return Files.openAt(parent, name, Open.O_PATH | Open.O_NOFOLLOW, 0);
    }
  }

  /** Makes a device node or fifo with this mode less the umask, replacing nothing. */
  public void makeNode(String path, int mode, int major, int minor) {
    try (Fd parent = makeDirectories(parent(path), 0755)) {
      byte[] name = CString.of(name(path));
      int result =
          Libc.mknodat(parent.number(), Address.ofData(name), mode, Files.device(major, minor));
      LinuxException.check(result, "mknod", directory.name() + path);
    }
  }

  /** Gives a file that is no link to a user and group. */
  public void changeOwner(String path, int uid, int gid) {
    try (Fd file = open(path, Open.O_PATH | Open.O_NOFOLLOW, 0)) {
      int result =
          Libc.fchownat(
              file.number(), Address.ofData(CString.of("")), uid, gid, Files.AT_EMPTY_PATH);
      LinuxException.check(result, "chown", file.name());
    }
  }

  /** Makes a symbolic link; one that is there already stays. */
  public void makeSymlink(String target, String path) {
    try (Fd parent = makeDirectories(parent(path), 0755)) {
      int result =
          Libc.symlinkat(
              Address.ofData(CString.of(target)),
              parent.number(),
              Address.ofData(CString.of(name(path))));
      if (result != 0) {
        int errno = Libc.errno();
        if (errno != Errno.EEXIST) {
          throw new LinuxException("symlink", directory.name() + path, errno);
        }
      }
    }
  }

  /** The whole of a regular file below the root, or empty if there is none. */
  public Optional<byte[]> readIfExists(String path, int limit) {
    Optional<Fd> file = openIfExists(path, Open.O_RDONLY | Open.O_NONBLOCK | Open.O_NOCTTY);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (Fd fd = file.get()) {
      if (!Files.status(fd).isRegular()) {
        throw new IllegalArgumentException(fd.name() + " is no regular file");
      }
      return Optional.of(fd.readAll(limit));
    }
  }

  private static List<String> components(String path) {
    List<String> components = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.charAt(i) == '/') {
        if (i > start && !(i == start + 1 && path.charAt(start) == '.')) {
          components.add(path.substring(start, i));
        }
        start = i + 1;
      }
    }
    return components;
  }

  private static String parent(String path) {
    String trimmed = trimEnd(path);
    int slash = trimmed.lastIndexOf('/');
    return slash <= 0 ? "/" : trimmed.substring(0, slash);
  }

  private static String name(String path) {
    String trimmed = trimEnd(path);
    String name = trimmed.substring(trimmed.lastIndexOf('/') + 1);
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("'" + path + "' names no file");
    }
    return name;
  }

  private static String trimEnd(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  @Override
  public void close() {
    directory.close();
  }
}
