package dev.bulkhead.agent.storage;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.boot.VirtioDrivers;
import dev.bulkhead.agent.device.Disks;
import dev.bulkhead.agent.mount.MountOptions;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.FileSystem;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Mounts that belong to the sandbox or to one container; {@link #close} takes them away. */
public final class Storages implements AutoCloseable {
  private static final String VIRTIO_FS = "virtio-fs";

  /** The drivers that {@link #mount} knows, by the names of Kata's agent. */
  public static final List<String> DRIVERS =
      List.of(
          "9p", VIRTIO_FS, "ephemeral", "local", "overlayfs", Disks.DRIVER, WatchedVolume.DRIVER);

  /** What a disk has as its file system that is wanted without one. */
  private static final String BIND = "bind";

  /** Volumes that outlive the container that they came with, for all of the sandbox. */
  private static final String OF_SANDBOX = "/run/kata-containers/sandbox/volumes/";

  /** The longest request of virtio-fs, if its queue has room for it. */
  private static final int VIRTIO_FS_READ_AHEAD_KIB = 1024;

  /** Of 9p, with messages as long as its transport takes. */
  private static final int NINE_P_READ_AHEAD_KIB = 480;

  private static final String CACHES = "/sys/class/bdi";

  private final EventLoop loop;
  private final KernelModules modules;
  private final ArrayDeque<String> mounted = new ArrayDeque<>();

  /** The host's shares among what is mounted. */
  private final List<Storage> shares = new ArrayList<>();

  private final List<WatchedVolume> watched = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();

  private Optional<HeldNamespace> namespace = Optional.empty();

  /** A mount of the kernel's own below a share. */
  private record Held(String share, String path) {}

  /** A container's mount namespace, in which there may be such mounts of these shares. */
  private record HeldNamespace(List<String> shares, Fd namespace) {}

  public Storages(EventLoop loop, KernelModules modules) {
    this.loop = loop;
    this.modules = modules;
  }

  /**
   * Mounts what the host describes, all of it or nothing.
   *
   * @throws IllegalArgumentException for a driver that is not known or a mount that fails
   */
  public void mountAll(List<Storage> storages) {
    try {
      storages.forEach(this::mount);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * As {@link #mountAll}, for a sandbox after another one, of which nothing stays mounted but what
   * both have of the host's shares: their content is the host's, and mounting takes time.
   */
  public void replaceAll(List<Storage> storages) {
    List<Storage> kept = storages.stream().filter(shares::contains).toList();
    unmountAllBut(kept.stream().map(Storage::mountPoint).toList());
    shares.retainAll(kept);
    mountAll(storages.stream().filter(storage -> !kept.contains(storage)).toList());
  }

  /**
   * Mounts those that belong to the sandbox, although they come with a container; what is mounted
   * already stays as it is.
   *
   * @param storages of a container
   * @return those that are its own
   */
  public List<Storage> mountShared(List<Storage> storages) {
    List<Storage> own = new ArrayList<>();
    for (Storage storage : storages) {
      if (!storage.mountPoint().startsWith(OF_SANDBOX)) {
        own.add(storage);
      } else if (!mounted.contains(storage.mountPoint())) {
        mount(storage);
      }
    }
    return own;
  }

  private void mount(Storage storage) {
    if (!storage.mountPoint().startsWith("/")) {
      throw new IllegalArgumentException(
          "the storage's mount point '" + storage.mountPoint() + "' is not absolute");
    }
    if (storage.hasFsGroup()) {
      throw new IllegalArgumentException(
          "the storage on '" + storage.mountPoint() + "' has a group, which is not supported");
    }
    switch (storage.driver()) {
      case "9p" -> {
        VirtioDrivers.NINE_P.forEach(modules::load);
        mount(storage, "9p", storage.source());
        readAhead(nineP(), NINE_P_READ_AHEAD_KIB);
        shares.add(storage);
      }
      case VIRTIO_FS -> {
        VirtioDrivers.VIRTIO_FS.forEach(modules::load);
        mount(storage, "virtiofs", storage.source());
        readAhead(virtioFs(storage.mountPoint()), VIRTIO_FS_READ_AHEAD_KIB);
        shares.add(storage);
      }
      case "ephemeral" -> mount(storage, "tmpfs", storage.source());
      case "local" -> makeLocal(storage);
      case "overlayfs" -> mountOverlay(storage);
      case Disks.DRIVER -> mountDisk(storage);
      case WatchedVolume.DRIVER -> {
        mount(storage, "tmpfs", storage.source());
        watched.add(follow(storage));
      }
      default ->
          throw new IllegalArgumentException(
              "storage driver '"
                  + storage.driver()
                  + "' is not supported; these are: "
                  + String.join(", ", DRIVERS));
    }
  }

  /** Layers, of which the host need not know that the upper ones are there. */
  private void mountOverlay(Storage storage) {
    MountOptions options = MountOptions.parse(storage.options());
    String upper = options.value("upperdir");
    modules.load("overlay");
    if (!upper.isEmpty()) {
      Files.makeDirectories(upper, 0755);
      Files.makeDirectories(options.value("workdir"), 0700);
      copyOwner(options.value("lowerdir"), upper);
    }
    mount(storage, "overlay", storage.source());
  }

  /**
   * A file that is read in order comes in pieces as long as one request can bring, for each one
   * costs the same, and so does a program that begins; the kernel's default are 128 KiB. Shares
   * mounted below have the same setting.
   *
   * @param cache the kernel's name for what it knows of the share
   */
  private static void readAhead(String cache, int kibibytes) {
    Files.writeExisting(CACHES + "/" + cache + "/read_ahead_kb", Integer.toString(kibibytes));
  }

  private static String virtioFs(String mountPoint) {
    FileStatus status = Files.status(mountPoint);
    return status.deviceMajor() + ":" + status.deviceMinor();
  }

  /** The last one that was mounted: these are numbered, and nothing else tells the number. */
  private static String nineP() {
    String prefix = "9p-";
    long last = 0;
    for (String name : Files.list(CACHES)) {
      if (name.startsWith(prefix)) {
        last = Math.max(last, Long.parseLong(name.substring(prefix.length())));
      }
    }
    return prefix + last;
  }

  /** The uppermost directory gives the layers' root its owner and mode. */
  private static void copyOwner(String lowerDirectories, String upper) {
    int colon = lowerDirectories.indexOf(':');
    FileStatus lower =
        Files.status(colon < 0 ? lowerDirectories : lowerDirectories.substring(0, colon));
    Files.changeOwner(upper, lower.uid(), lower.gid());
    Files.changeMode(upper, lower.mode() & 07777);
  }

  /** A disk's file system, or its node alone where a container wants the disk as a file. */
  private void mountDisk(Storage storage) {
    String node = Disks.node(storage.source());
    if (storage.fstype().equals(BIND)) {
      bind(storage, node);
      return;
    }
    modules.load(storage.fstype());
    mount(storage, storage.fstype(), node);
  }

  private void bind(Storage storage, String node) {
    String mountPoint = storage.mountPoint();
    try {
      Files.makeDirectories(mountPoint.substring(0, mountPoint.lastIndexOf('/')), 0755);
      Files.open(mountPoint, Open.O_WRONLY | Open.O_CREAT, 0600).close();
      try (DetachedMount copy = DetachedMount.copyOf(node, false)) {
        copy.attach(mountPoint);
        mounted.push(mountPoint);
      }
    } catch (LinuxException e) {
      throw failure(storage, e);
    }
  }

  private void mount(Storage storage, String type, String source) {
    MountOptions options = MountOptions.parse(storage.options());
    try {
      Files.makeDirectories(storage.mountPoint(), 0755);
      try (DetachedMount made =
              DetachedMount.create(
                  type,
                  source,
                  fileSystemOptions(options),
                  options.attributes().set() | DetachedMount.NO_DEVICES);
          Fd target = Files.open(storage.mountPoint(), Open.O_PATH | Open.O_DIRECTORY)) {
        made.attach(target);
        mounted.push(storage.mountPoint());
        // So that containers can show each other what they mount in a volume that both have.
        made.setPropagation(Mounts.MS_SHARED);
      }
    } catch (LinuxException e) {
      throw failure(storage, e);
    }
  }

  /** A file system that may only be read must not even open its disk for writing. */
  private static List<String> fileSystemOptions(MountOptions options) {
    List<String> words = new ArrayList<>(options.fileSystem());
    if ((options.attributes().set() & DetachedMount.READ_ONLY) != 0) {
      words.add("ro");
    }
    return words;
  }

  private static IllegalArgumentException failure(Storage storage, LinuxException cause) {
    return new IllegalArgumentException(
        "storage '" + storage.source() + "' cannot be mounted: " + cause.getMessage(), cause);
  }

  private WatchedVolume follow(Storage storage) {
    try {
      return WatchedVolume.follow(loop, storage.source(), storage.mountPoint());
    } catch (LinuxException e) {
      throw failure(storage, e);
    }
  }

  /** A directory in the guest itself, as for an emptyDir. */
  private static void makeLocal(Storage storage) {
    String mode = MountOptions.parse(storage.options()).value("mode");
    Files.makeDirectories(storage.mountPoint(), 0755);
    Files.changeMode(storage.mountPoint(), mode.isEmpty() ? 0755 : octal(mode));
  }

  private static int octal(String mode) {
    try {
      return Integer.parseInt(mode, 8) & 07777;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + mode + "' is no file mode", e);
    }
  }

  /**
   * Keeps mounted, until {@link #close}, what the kernel mounts by itself where a share of
   * virtio-fs has a mount of the host's. Else it goes with the last process that uses it, which has
   * just sent that it lets go of its program, and Linux 6.1.176 frees the file system without
   * waiting for the answer, which then finds freed memory.
   *
   * @param ofSandbox the sandbox's, with the shares
   * @param paths that a container is about to use
   */
  public void hold(Storages ofSandbox, List<String> paths) {
    for (Storage share : ofSandbox.shares) {
      for (String path : paths) {
        if (share.driver().equals(VIRTIO_FS)
            && path.startsWith(share.mountPoint() + "/")
            && Files.isDirectory(path)) {
          // By which it is mounted.
          Files.open(path, Open.O_RDONLY | Open.O_DIRECTORY).close();
          held.add(new Held(share.mountPoint(), path));
        }
      }
    }
  }

  /**
   * Keeps a container's mounts beyond its last process, as {@link #hold} does, for those that the
   * kernel makes by itself where the container walks into a mount of the host's below a volume.
   *
   * @param ofSandbox the sandbox's, with the shares
   * @param open opens the container's mount namespace
   */
  public void holdMounts(Storages ofSandbox, Supplier<Fd> open) {
    List<String> walked =
        ofSandbox.shares.stream()
            .filter(share -> share.driver().equals(VIRTIO_FS))
            .map(Storage::mountPoint)
            .toList();
    if (!walked.isEmpty()) {
      namespace = Optional.of(new HeldNamespace(walked, open.get()));
    }
  }

  /** The answer comes behind those of all that was sent before. */
  private void letGo() {
    letNamespaceGo();
    held.stream().map(Held::share).distinct().forEach(Storages::askForAnswer);
    held.forEach(each -> Mounts.detachIfMounted(each.path()));
    held.clear();
  }

  private void letNamespaceGo() {
    namespace.ifPresent(
        all -> {
          all.shares().forEach(Storages::askForAnswer);
          all.namespace().close();
        });
    namespace = Optional.empty();
  }

  private static void askForAnswer(String share) {
    try (Fd top = Files.open(share, Open.O_RDONLY | Open.O_DIRECTORY)) {
      FileSystem.of(top);
    }
  }

  /** Unmounts what was mounted, so that it is written back; the rest goes with the machine. */
  public void unmount() {
    if (!mounted.isEmpty()) {
      // In it all of these are mounted too.
      letNamespaceGo();
    }
    unmountAllBut(List.of());
    shares.clear();
  }

  /** The last one first. */
  private void unmountAllBut(List<String> mountPoints) {
    watched.forEach(WatchedVolume::close);
    watched.clear();
    for (String mountPoint : List.copyOf(mounted)) {
      if (!mountPoints.contains(mountPoint)) {
        Mounts.detachIfMounted(mountPoint);
        mounted.remove(mountPoint);
      }
    }
  }

  /** Unmounts all, the last one first. */
  @Override
  public void close() {
    unmount();
    letGo();
  }
}
