package dev.bulkhead.agent.mount;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.DeviceNumber;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a directory into the root of a container: everything that the OCI specification's {@code
 * root}, {@code mounts} and {@code linux} say about files. The process has to be in a mount
 * namespace of its own, with an umask of 0.
 *
 * <p>Every path is resolved below the root, so that no link in the image leads out of it, and
 * mounts are attached to what was resolved, so that no other container that shares a volume can put
 * something else there meanwhile.
 */
public final class RootFilesystem {
  /** The root while it is being furnished. */
  private static final String PLACE = GuestFileSystems.NEW_ROOT;

  private static final int DEFAULT_DEVICE_MODE = 0666;
  private static final int MAX_MAJOR = 0xfff;
  private static final int MAX_MINOR = 0xfffff;

  private static final List<LinuxDevice> DEFAULT_DEVICES =
      List.of(
          device("/dev/null", 1, 3),
          device("/dev/zero", 1, 5),
          device("/dev/full", 1, 7),
          device("/dev/random", 1, 8),
          device("/dev/urandom", 1, 9),
          device("/dev/tty", 5, 0));

  /** Where these are mounted no link may lead. */
  private static final Set<String> UNLINKED = Set.of("proc", "sysfs");

  /** What may be mounted over in /proc: what LXCFS shows of a container's own share. */
  private static final Set<String> COVERABLE_IN_PROC =
      Set.of(
          "/proc/cpuinfo",
          "/proc/diskstats",
          "/proc/loadavg",
          "/proc/meminfo",
          "/proc/slabinfo",
          "/proc/stat",
          "/proc/swaps",
          "/proc/uptime");

  private final Spec spec;
  private final TakenMounts taken;
  private final Map<String, DetachedMount> trees;

  /** Takes {@code spec.root.path} as it is in this guest. */
  public RootFilesystem(Spec spec) {
    this(spec, TakenMounts.none(), Map.of());
  }

  /**
   * As {@link #RootFilesystem(Spec)}, with mounts that have been made.
   *
   * @param trees by the paths of their tops; their owner stays the same
   */
  RootFilesystem(Spec spec, TakenMounts taken, Map<String, DetachedMount> trees) {
    this.spec = spec;
    this.taken = taken;
    this.trees = trees;
  }

  private static LinuxDevice device(String path, int major, int minor) {
    return LinuxDevice.DEFAULT
        .withPath(path)
        .withType("c")
        .withMajor(major)
        .withMinor(minor)
        .withFileMode(DEFAULT_DEVICE_MODE);
  }

  /** Mounts what the container sees and makes its devices, below the place it will move from. */
  public void prepare() {
    long propagation = MountOptions.propagation(spec.linux().rootfsPropagation());
    Mounts.setPropagation("/", propagation == 0 ? Mounts.MS_SLAVE | Mounts.MS_REC : propagation);
    // pivot_root refuses a shared parent.
    Mounts.setPropagation(GuestFileSystems.RUN, Mounts.MS_PRIVATE);
    try (DetachedMount tree = DetachedMount.copyOf(spec.root().path(), true);
        Fd place = Files.open(PLACE, Open.O_PATH | Open.O_DIRECTORY)) {
      tree.attach(place);
      tree.setPropagation(Mounts.MS_PRIVATE | Mounts.MS_REC);
    } catch (LinuxException e) {
      throw new MountFailure(
          "root.path '" + spec.root().path() + "' cannot be the root: " + e.getMessage(), e);
    }
    furnish();
  }

  /** Does so in the directory that is at the place already. */
  void furnish() {
    try (RootDirectory root = RootDirectory.open(PLACE)) {
      boolean untouched = true;
      for (int i = 0; i < spec.mounts().size(); i++) {
        Mount mount = spec.mounts().get(i);
        String path = trimmed(mount.destination());
        if (!taken.provided().contains(i)) {
          mount(root, mount);
          untouched = false;
        } else if (taken.surplus().containsKey(path)) {
          attach(root, mount, trees.get(path), untouched);
          taken.surplus().get(path).forEach(below -> Mounts.detach(PLACE + below));
        }
      }
      if (ownsDevices()) {
        makeDevices(root);
      }
    }
  }

  private boolean ownsDevices() {
    for (Mount mount : spec.mounts()) {
      if (trimmed(mount.destination()).equals("/dev") && isBind(mount)) {
        return false;
      }
    }
    return true;
  }

  static boolean isBind(Mount mount) {
    return mount.type().equals("bind")
        || MountOptions.parse(mount.options()).binding() != MountOptions.Binding.NONE;
  }

  static String trimmed(String destination) {
    return destination.length() > 1 && destination.endsWith("/")
        ? destination.substring(0, destination.length() - 1)
        : destination;
  }

  private static void mount(RootDirectory root, Mount mount) {
    if (!mount.destination().startsWith("/")) {
      throw new IllegalArgumentException(
          "the mount destination '" + mount.destination() + "' is not absolute");
    }
    if (!mount.uidMappings().isEmpty() || !mount.gidMappings().isEmpty()) {
      throw new IllegalArgumentException(
          "the mount on '" + mount.destination() + "' maps users, which is not supported");
    }
    MountOptions options = MountOptions.parse(mount.options());
    try {
      if (isBind(mount)) {
        bind(root, mount, options);
        return;
      }
      switch (mount.type()) {
        // Version 1's hierarchies and options mean nothing here.
        case "cgroup", "cgroup2" -> mountNew(root, mount, "cgroup2", options, List.of());
        case "proc", "sysfs" -> mountUnlinked(root, mount, options);
        case "tmpfs" -> mountTmpfs(root, mount, options);
        case "" ->
            throw new IllegalArgumentException(
                "the mount on '" + mount.destination() + "' has no type and is no bind mount");
        default -> mountNew(root, mount, mount.type(), options, options.fileSystem());
      }
    } catch (LinuxException e) {
      throw new MountFailure(
          "cannot mount '"
              + mount.source()
              + "' on '"
              + mount.destination()
              + "' with the options "
              + mount.options()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static void mountUnlinked(RootDirectory root, Mount mount, MountOptions options) {
    try (Fd target = unlinked(root, mount)) {
      mountNew(target, mount, mount.type(), options, options.fileSystem());
    }
  }

  /**
   * The directory for a mount: a /proc that is a link in the image could put the real one where
   * nobody protects it.
   */
  private static Fd unlinked(RootDirectory root, Mount mount) {
    try {
      return root.open(
          trimmed(mount.destination()), Open.O_PATH | Open.O_NOFOLLOW | Open.O_DIRECTORY, 0);
    } catch (LinuxException e) {
      switch (e.errno()) {
        case Errno.ENOENT -> {
          return root.makeDirectories(mount.destination(), 0755);
        }
        case Errno.ENOTDIR ->
            throw new IllegalArgumentException(
                "'" + mount.destination() + "' has to be a directory for " + mount.type(), e);
        default -> throw e;
      }
    }
  }

  /**
   * Puts there what was made for a mount like this, with all below it.
   *
   * @param untouched whether nothing else than such trees is mounted in the root: then what has the
   *     name that was asked for is no file of /proc, and its file server need not be asked
   */
  private static void attach(
      RootDirectory root, Mount mount, DetachedMount tree, boolean untouched) {
    try (Fd target =
        UNLINKED.contains(mount.type())
            ? unlinked(root, mount)
            : root.makeDirectories(mount.destination(), 0755)) {
      if (untouched
          && Files.readLink(target.procPath()).equals(PLACE + trimmed(mount.destination()))) {
        tree.attach(target);
      } else {
        place(tree, target, mount, MountOptions.parse(mount.options()));
      }
    }
  }

  private static void mountNew(
      RootDirectory root,
      Mount mount,
      String type,
      MountOptions options,
      List<String> fileSystemOptions) {
    try (Fd target = root.makeDirectories(mount.destination(), 0755)) {
      mountNew(target, mount, type, options, fileSystemOptions);
    }
  }

  private static void mountNew(
      Fd target, Mount mount, String type, MountOptions options, List<String> fileSystemOptions) {
    try (DetachedMount made =
        DetachedMount.create(type, mount.source(), fileSystemOptions, options.attributes().set())) {
      place(made, target, mount, options);
    }
  }

  private static void mountTmpfs(RootDirectory root, Mount mount, MountOptions options) {
    try (Fd target = root.makeDirectories(mount.destination(), 0755)) {
      boolean givesMode = !options.value("mode").isEmpty();
      try (DetachedMount made =
          DetachedMount.create("tmpfs", mount.source(), options.fileSystem(), 0)) {
        if (!givesMode) {
          // As runc does: the new root of the tree keeps the mode of what it hides.
          Files.changeMode(made.top().procPath(), Files.status(target).mode() & 07777);
        }
        if (options.copyUp()) {
          TreeCopy.copyContent(target, made.top());
        }
        made.setAttributes(false, options.attributes().set(), options.attributes().clear());
        place(made, target, mount, options);
      }
    }
  }

  private static void bind(RootDirectory root, Mount mount, MountOptions options) {
    boolean recursive = options.binding() == MountOptions.Binding.RECURSIVE;
    try (DetachedMount copy = DetachedMount.copyOf(mount.source(), recursive);
        Fd target =
            Files.status(copy.top()).isDirectory()
                ? root.makeDirectories(mount.destination(), 0755)
                : root.makeFile(mount.destination(), 0644)) {
      copy.setAttributes(false, options.attributes().set(), options.attributes().clear());
      place(copy, target, mount, options);
    }
  }

  private static void place(DetachedMount made, Fd target, Mount mount, MountOptions options) {
    String resolved = Files.readLink(target.procPath());
    if (resolved.equals(PLACE)) {
      throw new IllegalArgumentException(
          "the mount destination '" + mount.destination() + "' is the root itself; set root.path");
    }
    refuseInProc(target, mount.destination());
    MountOptions.Attributes below = options.attributesBelow();
    if (!below.equals(MountOptions.Attributes.UNCHANGED)) {
      made.setAttributes(true, below.set(), below.clear());
    }
    made.attach(target);
    for (long propagation : options.propagation()) {
      made.setPropagation(propagation);
    }
  }

  /**
   * A link in an image or a volume must not lead a mount over a file of /proc by which the agent or
   * the container's programs confine themselves.
   */
  private static void refuseInProc(Fd target, String destination) {
    if (Files.fileSystemKind(target) == Files.PROC) {
      String resolved = Files.readLink(target.procPath());
      if (!resolved.startsWith(PLACE)
          || !COVERABLE_IN_PROC.contains(resolved.substring(PLACE.length()))) {
        throw new IllegalArgumentException(
            "the mount on '" + destination + "' would cover a part of /proc");
      }
    }
  }

  /** A mount of the specification that could not be made. */
  public static final class MountFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MountFailure(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * What a specification's container has: the usual devices, if it names no others, and its own.
   */
  static List<LinuxDevice> devices(Spec spec) {
    List<LinuxDevice> devices = new ArrayList<>();
    for (LinuxDevice device : DEFAULT_DEVICES) {
      if (!hasDevice(spec, device.path())) {
        devices.add(device);
      }
    }
    devices.addAll(spec.linux().devices());
    return devices;
  }

  private static boolean hasDevice(Spec spec, String path) {
    for (LinuxDevice device : spec.linux().devices()) {
      if (device.path().equals(path)) {
        return true;
      }
    }
    return false;
  }

  private void makeDevices(RootDirectory root) {
    for (LinuxDevice device : devices(spec)) {
      if (!taken.devices().contains(device)) {
        makeDevice(root, device);
      }
    }
    if (taken.covers("/dev")) {
      return;
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
    if (!device.path().startsWith("/")) {
      throw new IllegalArgumentException("the device '" + device.path() + "' is not absolute");
    }
    if (type != FileStatus.FIFO && !isNumber(device.major(), device.minor())) {
      throw new IllegalArgumentException(
          "the device '"
              + device.path()
              + "' has the number "
              + device.major()
              + ":"
              + device.minor()
              + ", which no device can have");
    }
    int permissions = device.hasFileMode() ? device.fileMode() & 07777 : DEFAULT_DEVICE_MODE;
    try {
      root.makeNode(device.path(), type | permissions, (int) device.major(), (int) device.minor());
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        coverEmptyFile(root, device, type);
      } else if (e.errno() == Errno.ENXIO || e.errno() == Errno.EPERM) {
        showGuestNode(root, device, type);
      } else {
        throw e;
      }
      return;
    }
    if (device.uid() != 0 || device.gid() != 0) {
      root.changeOwner(device.path(), device.uid(), device.gid());
    }
  }

  private static boolean isNumber(long major, long minor) {
    return major >= 0 && major <= MAX_MAJOR && minor >= 0 && minor <= MAX_MINOR;
  }

  /** An empty file is what {@link #showGuestNode} left in the image at an earlier start. */
  private static void coverEmptyFile(RootDirectory root, LinuxDevice device, int type) {
    try (Fd existing = root.open(device.path(), Open.O_PATH | Open.O_NOFOLLOW, 0)) {
      FileStatus status = Files.status(existing);
      if (status.isRegular() && status.size() == 0 && type != FileStatus.FIFO) {
        cover(existing, device, type);
      }
    }
  }

  /**
   * What runc does where it may make no nodes: the guest's own node appears on an empty file. Its
   * mode and owner are the guest's.
   */
  private static void showGuestNode(RootDirectory root, LinuxDevice device, int type) {
    if (type == FileStatus.FIFO) {
      throw new IllegalArgumentException(
          "the fifo '" + device.path() + "' cannot be made: the root's file system holds none");
    }
    try (Fd file = root.makeFile(device.path(), 0644)) {
      cover(file, device, type);
    }
  }

  private static void cover(Fd file, LinuxDevice device, int type) {
    refuseInProc(file, device.path());
    try (Fd node = openGuestNode(device, type);
        DetachedMount copy = DetachedMount.copyOf(node, false)) {
      copy.attach(file);
    }
  }

  private static Fd openGuestNode(LinuxDevice device, int type) {
    boolean block = type == FileStatus.BLOCK_DEVICE;
    DeviceNumber number = new DeviceNumber(block, device.major(), device.minor());
    String node =
        number
            .node()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the device '"
                            + device.path()
                            + "' cannot be made: the root's file system holds no devices, and the"
                            + " guest has no "
                            + (block ? "block" : "character")
                            + " device "
                            + number.text()));
    return Files.open(node, Open.O_PATH);
  }

  /**
   * Opens a new terminal in the container's own devpts and makes it the container's /dev/console.
   *
   * @return its master side
   */
  public Fd openConsole() {
    try (RootDirectory root = RootDirectory.open(PLACE)) {
      Fd master = openTerminal(root);
      try (Fd slave = Terminal.openSlave(master);
          DetachedMount copy = DetachedMount.copyOf(slave, false);
          Fd console = root.makeFile("/dev/console", 0620)) {
        copy.attach(console);
      } catch (LinuxException e) {
        master.close();
        throw e;
      }
      return master;
    }
  }

  /** Opens a new terminal in the devpts that is mounted on /dev/pts below a root. */
  public static Fd openTerminal(RootDirectory root) {
    // What lies there may be anything, and opening some things has effects: look before.
    try (Fd multiplexer = root.open("/dev/pts/ptmx", Open.O_PATH, 0)) {
      FileStatus status = Files.status(multiplexer);
      if (status.type() != FileStatus.CHARACTER_DEVICE
          || status.rdevMajor() != 5
          || status.rdevMinor() != 2) {
        throw new IllegalArgumentException(
            "/dev/pts of the container is no devpts, so it can have no terminal");
      }
      return Terminal.openMaster(multiplexer.procPath());
    } catch (LinuxException e) {
      throw new MountFailure("the container can have no terminal: " + e.getMessage(), e);
    }
  }

  /** Hides and protects what the specification names, the root last. */
  public void restrict() {
    try (RootDirectory root = RootDirectory.open(PLACE)) {
      for (String readOnly : spec.linux().readonlyPaths()) {
        if (!taken.covers(readOnly)) {
          makeReadOnly(root, readOnly);
        }
      }
      for (String masked : spec.linux().maskedPaths()) {
        if (!taken.covers(masked)) {
          mask(root, masked);
        }
      }
      if (spec.root().readonly()) {
        Mounts.makeReadOnly(root.directory(), false);
      }
    }
  }

  private static void makeReadOnly(RootDirectory root, String name) {
    Optional<Fd> existing = root.openIfExists(name, Open.O_PATH);
    if (existing.isEmpty()) {
      return;
    }
    try (Fd target = existing.get();
        DetachedMount copy = DetachedMount.copyOf(target, true)) {
      copy.setAttributes(true, DetachedMount.READ_ONLY, 0);
      copy.attach(target);
    } catch (LinuxException e) {
      throw new MountFailure("'" + name + "' cannot be made read-only: " + e.getMessage(), e);
    }
  }

  private static void mask(RootDirectory root, String name) {
    Optional<Fd> existing = root.openIfExists(name, Open.O_PATH);
    if (existing.isEmpty()) {
      return;
    }
    try (Fd target = existing.get();
        DetachedMount cover = cover(target)) {
      cover.attach(target);
    } catch (LinuxException e) {
      throw new MountFailure("'" + name + "' cannot be hidden: " + e.getMessage(), e);
    }
  }

  private static DetachedMount cover(Fd target) {
    if (Files.status(target).isDirectory()) {
      return DetachedMount.create("tmpfs", "tmpfs", List.of(), DetachedMount.READ_ONLY);
    }
    // The guest's own: an image could have put anything into the place of the container's.
    DetachedMount nothing = DetachedMount.copyOf("/dev/null", false);
    nothing.setAttributes(false, DetachedMount.READ_ONLY, 0);
    return nothing;
  }

  /** Makes the directory the root. The process sees nothing of the guest's own tree any more. */
  public void enter() {
    Files.changeDirectory(PLACE);
    Mounts.pivotToWorkingDirectory();
    long propagation = MountOptions.propagation(spec.linux().rootfsPropagation());
    if (propagation != 0) {
      Mounts.setPropagation("/", propagation);
    }
  }
}
