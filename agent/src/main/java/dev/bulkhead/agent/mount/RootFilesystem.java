package dev.bulkhead.agent.mount;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.List;
import java.util.Optional;

/**
 * Turns a directory into the root of a container: everything that the OCI specification's {@code
 * root}, {@code mounts} and {@code linux} say about files. The process has to be in a mount
 * namespace of its own.
 *
 * <p>Every path is resolved below the root, so that no link in the image leads out of it.
 */
public final class RootFilesystem {
  private static final List<LinuxDevice> DEFAULT_DEVICES =
      List.of(
          device("/dev/null", 1, 3),
          device("/dev/zero", 1, 5),
          device("/dev/full", 1, 7),
          device("/dev/random", 1, 8),
          device("/dev/urandom", 1, 9),
          device("/dev/tty", 5, 0));

  private final Spec spec;
  private final String path;

  /** Takes {@code spec.root.path} as it is in this guest. */
  public RootFilesystem(Spec spec) {
    this.spec = spec;
    this.path = spec.root().path();
  }

  private static LinuxDevice device(String path, int major, int minor) {
    return LinuxDevice.DEFAULT
        .withPath(path)
        .withType("c")
        .withMajor(major)
        .withMinor(minor)
        .withFileMode(0666);
  }

  /** Mounts what the container sees and makes its devices, below the directory it will live in. */
  public void prepare() {
    long propagation = MountOptions.propagation(spec.linux().rootfsPropagation());
    Mounts.setPropagation("/", propagation == 0 ? Mounts.MS_SLAVE | Mounts.MS_REC : propagation);
    Mounts.bind(path, path, true);
    // pivot_root refuses a shared parent.
    Mounts.setPropagation(path, Mounts.MS_PRIVATE | Mounts.MS_REC);
    try (RootDirectory root = RootDirectory.open(path)) {
      for (Mount mount : spec.mounts()) {
        mount(root, mount);
      }
      if (ownsDevices()) {
        makeDevices(root);
      }
    }
  }

  private boolean ownsDevices() {
    for (Mount mount : spec.mounts()) {
      if (trimmed(mount.destination()).equals("/dev")
          && MountOptions.parse(mount.options()).isBind()) {
        return false;
      }
    }
    return true;
  }

  private static String trimmed(String destination) {
    return destination.length() > 1 && destination.endsWith("/")
        ? destination.substring(0, destination.length() - 1)
        : destination;
  }

  private void mount(RootDirectory root, Mount mount) {
    if (!mount.destination().startsWith("/")) {
      throw new IllegalArgumentException(
          "the mount destination '" + mount.destination() + "' is not absolute");
    }
    MountOptions options = MountOptions.parse(mount.options());
    if (options.isBind() || mount.type().equals("bind")) {
      bind(root, mount, options);
      return;
    }
    switch (mount.type()) {
      case "cgroup", "cgroup2" -> mountNew(root, mount, "cgroup2", options, "");
      case "proc", "sysfs" -> {
        refuseLink(root, mount);
        mountNew(root, mount, mount.type(), options, options.data());
      }
      case "tmpfs" -> mountTmpfs(root, mount, options);
      case "" ->
          throw new IllegalArgumentException(
              "the mount on '" + mount.destination() + "' has no type and is no bind mount");
      default -> mountNew(root, mount, mount.type(), options, options.data());
    }
  }

  /** A /proc that is a link in the image could put the real one where nobody protects it. */
  private static void refuseLink(RootDirectory root, Mount mount) {
    Optional<Fd> target =
        root.openIfExists(trimmed(mount.destination()), Open.O_PATH | Open.O_NOFOLLOW);
    if (target.isPresent()) {
      try (Fd fd = target.get()) {
        if (!Files.status(fd).isDirectory()) {
          throw new IllegalArgumentException(
              "'" + mount.destination() + "' has to be a directory for " + mount.type());
        }
      }
    }
  }

  private void mountNew(
      RootDirectory root, Mount mount, String type, MountOptions options, String data) {
    try (Fd target = root.makeDirectories(mount.destination(), 0755)) {
      Mounts.mount(mount.source(), target.procPath(), type, options.flags(), data);
    } catch (LinuxException e) {
      throw failure(mount, e);
    }
    spread(root, mount, options);
  }

  private void mountTmpfs(RootDirectory root, Mount mount, MountOptions options) {
    String data = options.data();
    try (Fd target = root.makeDirectories(mount.destination(), 0755)) {
      FileStatus below = Files.status(target);
      if (!hasMode(data)) {
        // As runc does: the new root of the tree keeps the mode of what it hides.
        data += (data.isEmpty() ? "" : ",") + "mode=" + Integer.toOctalString(below.mode() & 07777);
      }
      if (options.copyUp()) {
        copyUp(root, mount, options, target, data);
      } else {
        Mounts.mount(mount.source(), target.procPath(), "tmpfs", options.flags(), data);
      }
    } catch (LinuxException e) {
      throw failure(mount, e);
    }
    spread(root, mount, options);
  }

  private void copyUp(
      RootDirectory root, Mount mount, MountOptions options, Fd target, String data) {
    long writable = options.flags() & ~Mounts.MS_RDONLY;
    Mounts.mount(mount.source(), target.procPath(), "tmpfs", writable, data);
    try (Fd top = openDirectory(root, mount.destination())) {
      TreeCopy.copyContent(target.procPath(), top.procPath());
      if (writable != options.flags()) {
        Mounts.mount(
            "", top.procPath(), "", Mounts.MS_REMOUNT | Mounts.MS_BIND | options.flags(), "");
      }
    }
  }

  private static Fd openDirectory(RootDirectory root, String name) {
    return root.open(name, Open.O_PATH | Open.O_DIRECTORY, 0);
  }

  private static boolean hasMode(String data) {
    return data.startsWith("mode=") || data.contains(",mode=");
  }

  private void bind(RootDirectory root, Mount mount, MountOptions options) {
    try {
      boolean directory = Files.status(mount.source()).isDirectory();
      try (Fd target =
          directory
              ? root.makeDirectories(mount.destination(), 0755)
              : root.makeFile(mount.destination(), 0644)) {
        Mounts.bind(mount.source(), target.procPath(), options.isRecursive());
      }
      long perMount = options.flags() & ~(Mounts.MS_BIND | Mounts.MS_REC | Mounts.MS_REMOUNT);
      if (perMount != 0 || options.cleared() != 0) {
        try (Fd top = root.open(mount.destination(), Open.O_PATH, 0)) {
          Mounts.mount("", top.procPath(), "", Mounts.MS_BIND | Mounts.MS_REMOUNT | perMount, "");
          if (options.recursiveReadOnly()) {
            Mounts.makeReadOnly(top, true);
          }
        }
      }
    } catch (LinuxException e) {
      throw failure(mount, e);
    }
    spread(root, mount, options);
  }

  private void spread(RootDirectory root, Mount mount, MountOptions options) {
    if (options.propagation().isEmpty()) {
      return;
    }
    try (Fd top = root.open(mount.destination(), Open.O_PATH, 0)) {
      for (long propagation : options.propagation()) {
        Mounts.setPropagation(top.procPath(), propagation);
      }
    } catch (LinuxException e) {
      throw failure(mount, e);
    }
  }

  private static MountFailure failure(Mount mount, LinuxException cause) {
    return new MountFailure(
        "cannot mount '"
            + mount.source()
            + "' on '"
            + mount.destination()
            + "' with the options "
            + mount.options()
            + ": "
            + cause.getMessage(),
        cause);
  }

  /** A mount of the specification that could not be made. */
  public static final class MountFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MountFailure(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private void makeDevices(RootDirectory root) {
    for (LinuxDevice device : DEFAULT_DEVICES) {
      if (spec.linux().devices().stream().noneMatch(d -> d.path().equals(device.path()))) {
        makeDevice(root, device);
      }
    }
    for (LinuxDevice device : spec.linux().devices()) {
      makeDevice(root, device);
    }
    root.makeSymlink("pts/ptmx", "/dev/ptmx");
    root.makeSymlink("/proc/self/fd", "/dev/fd");
    root.makeSymlink("/proc/self/fd/0", "/dev/stdin");
    root.makeSymlink("/proc/self/fd/1", "/dev/stdout");
    root.makeSymlink("/proc/self/fd/2", "/dev/stderr");
    if (Files.exists("/proc/kcore")) {
      root.makeSymlink("/proc/kcore", "/dev/core");
    }
  }

  private static void makeDevice(RootDirectory root, LinuxDevice device) {
    int type =
        switch (device.type()) {
          case "c", "u" -> FileStatus.CHARACTER_DEVICE;
          case "b" -> FileStatus.BLOCK_DEVICE;
          case "p" -> FileStatus.FIFO;
          default ->
              throw new IllegalArgumentException(
                  "the device '"
                      + device.path()
                      + "' has the unknown type '"
                      + device.type()
                      + "'");
        };
    int permissions = device.fileMode() == 0 ? 0666 : device.fileMode() & 07777;
    try {
      root.makeNode(device.path(), type | permissions, (int) device.major(), (int) device.minor());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      return;
    }
    if (device.uid() != 0 || device.gid() != 0) {
      root.changeOwner(device.path(), device.uid(), device.gid());
    }
  }

  /**
   * Opens a new terminal in the container's own devpts and makes it the container's /dev/console.
   *
   * @return its master side
   */
  public Fd openConsole() {
    try (RootDirectory root = RootDirectory.open(path)) {
      Fd master = openTerminal(root);
      try (Fd slave = Terminal.openSlave(master);
          Fd console = root.makeFile("/dev/console", 0620)) {
        Mounts.bind(slave.procPath(), console.procPath(), false);
      } catch (LinuxException e) {
        master.close();
        throw e;
      }
      return master;
    }
  }

  /** Opens a new terminal in the devpts that is mounted on /dev/pts below a root. */
  public static Fd openTerminal(RootDirectory root) {
    Fd master = root.open("/dev/pts/ptmx", Open.O_RDWR | Open.O_NOCTTY, 0);
    FileStatus status = Files.status(master);
    if (status.type() != FileStatus.CHARACTER_DEVICE
        || status.rdevMajor() != 5
        || status.rdevMinor() != 2) {
      master.close();
      throw new IllegalArgumentException(
          "/dev/pts of the container is no devpts, so it can have no terminal");
    }
    return Terminal.unlock(master);
  }

  /** Makes the directory the root. The process sees nothing of the guest's own tree any more. */
  public void enter() {
    Files.changeDirectory(path);
    Mounts.pivotToWorkingDirectory();
  }

  /** After {@link #enter}: hides and protects what the specification names, the root last. */
  public void restrict() {
    for (String readOnly : spec.linux().readonlyPaths()) {
      makeReadOnly(readOnly);
    }
    for (String masked : spec.linux().maskedPaths()) {
      mask(masked);
    }
    long propagation = MountOptions.propagation(spec.linux().rootfsPropagation());
    if (propagation != 0) {
      Mounts.setPropagation("/", propagation);
    }
    if (spec.root().readonly()) {
      Mounts.mount("", "/", "", Mounts.MS_BIND | Mounts.MS_REMOUNT | Mounts.MS_RDONLY, "");
    }
  }

  private static void makeReadOnly(String name) {
    if (bindOntoItself(name)) {
      long flags = Mounts.MS_BIND | Mounts.MS_REMOUNT | Mounts.MS_RDONLY | Mounts.MS_REC;
      Mounts.mount("", name, "", flags, "");
    }
  }

  private static boolean bindOntoItself(String name) {
    try {
      Mounts.bind(name, name, true);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return false;
      }
      throw e;
    }
  }

  private static void mask(String name) {
    Optional<FileStatus> status = Files.statusIfExists(name);
    if (status.isEmpty()) {
      return;
    }
    if (status.get().isDirectory()) {
      Mounts.mount("tmpfs", name, "tmpfs", Mounts.MS_RDONLY, "");
    } else {
      Mounts.bind("/dev/null", name, false);
    }
  }
}
