package dev.bulkhead.sandbox;

import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;

/**
 * The one directory that the guest gets to see of the host: what it may use is mounted below it,
 * read-only where it may only read, so that nothing depends on the guest's good behaviour. The
 * process has to be in a mount namespace of its own, with which the mounts end.
 */
public final class SharedDirectory {
  /** Where the guest mounts the share. */
  public static final String GUEST_MOUNT = "/run/kata-containers/shared";

  /** What of the share the containers' files are below. */
  public static final String CONTAINERS = "/containers";

  /** Where the guest finds the containers' files, as Kata's runtime has it. */
  static final String GUEST_PATH = GUEST_MOUNT + CONTAINERS;

  /** The share's name for the guest, as Kata's runtime has it. */
  public static final String TAG = "kataShared";

  private final String sandboxPath;
  private final String path;
  private final LentDirectories lent = new LentDirectories();
  private int volumes;

  private SharedDirectory(String sandboxPath, String path) {
    this.sandboxPath = sandboxPath;
    this.path = path;
  }

  /** Makes the empty share of a sandbox. */
  public static SharedDirectory create(SandboxDirectory directory) {
    String path = directory.path() + "/shared";
    Files.makeDirectory(path, 0755);
    Mounts.bind(path, path, false);
    // What is mounted later has to appear in the namespaces that the file servers live in.
    Mounts.setPropagation(path, Mounts.MS_SHARED);
    Files.makeDirectory(path + CONTAINERS, 0755);
    return new SharedDirectory(directory.path(), path);
  }

  /** The directory on the host that the guest gets to see. */
  public String path() {
    return path;
  }

  /**
   * Makes a container's root from an image that stays as it is: what the container writes goes to
   * {@code writable}.
   *
   * @return the root's path in the guest
   */
  public String addOverlayRoot(String containerId, String image, String writable) {
    String lower = sandboxPath + "/image-" + containerId;
    String upper = writable + "/upper";
    String work = writable + "/work";
    Files.makeDirectory(lower, 0700);
    Files.makeDirectories(upper, 0755);
    Files.makeDirectories(work, 0700);
    // An overlay's options give some characters a meaning; these paths of ours have none of them.
    try (DetachedMount copy = HostVolume.openRoot(image)) {
      attach(copy, lower);
    }
    Files.changeMode(upper, Files.status(lower).mode() & 07777);
    String target = makeRoot(containerId);
    try {
      Mounts.mount(
          "overlay",
          target,
          "overlay",
          Mounts.MS_NOSUID | Mounts.MS_NODEV,
          "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work);
    } catch (LinuxException e) {
      throw new SandboxException(
          "the root file system of '"
              + containerId
              + "' cannot be layered over '"
              + image
              + "' with its writable part in '"
              + writable
              + "': "
              + e.reason(),
          e);
    }
    return guestRoot(containerId);
  }

  /**
   * Makes a directory as it is a container's root.
   *
   * @param root a copy of its mount, which is used up
   * @param readOnly whether the guest may change nothing of it; else the container writes into it
   * @return its path in the guest
   */
  String addRoot(String containerId, DetachedMount root, boolean readOnly) {
    if (readOnly) {
      root.setAttributes(false, DetachedMount.READ_ONLY, 0);
    } else {
      lent.add(Files.status(root.top()));
    }
    attach(root, makeRoot(containerId));
    return guestRoot(containerId);
  }

  private static void attach(DetachedMount mount, String target) {
    // Whoever serves files must not run them, nor open the device nodes among them.
    mount.setAttributes(true, DetachedMount.NO_SUID | DetachedMount.NO_DEVICES, 0);
    // What is unmounted here must stay mounted where it was copied from.
    mount.setPropagation(Mounts.MS_SLAVE | Mounts.MS_REC);
    mount.attach(target);
  }

  private String makeRoot(String containerId) {
    // Not in a directory of its own, as Kata's: the guest asks for each name on the way.
    String target = path + CONTAINERS + "/" + containerId;
    Files.makeDirectories(target, 0755);
    return target;
  }

  private static String guestRoot(String containerId) {
    return GUEST_PATH + "/" + containerId;
  }

  /**
   * Lends a file or directory of the host.
   *
   * @param copy of its mount, which is used up
   * @return its path in the guest
   */
  String addVolume(String containerId, GuestSpec.Volume volume, DetachedMount copy) {
    String name = containerId + "-volume-" + volumes++;
    String target = path + CONTAINERS + "/" + name;
    FileStatus status = Files.status(copy.top());
    if (status.isDirectory()) {
      Files.makeDirectory(target, 0755);
    } else {
      Files.makeNode(target, FileStatus.REGULAR | 0600, 0, 0);
    }
    if (volume.readOnly()) {
      copy.setAttributes(true, DetachedMount.READ_ONLY, 0);
    } else if (status.isDirectory()) {
      lent.add(status);
    }
    if (volume.closed()) {
      copy.setPropagation(Mounts.MS_PRIVATE | Mounts.MS_REC);
    }
    attach(copy, target);
    return GUEST_PATH + "/" + name;
  }

  /** Takes back what was added for a container that is no more. */
  public void remove(String containerId) {
    String containers = path + CONTAINERS;
    for (String name : Files.list(containers)) {
      if (name.equals(containerId) || name.startsWith(containerId + "-volume-")) {
        String entry = containers + "/" + name;
        Mounts.below(entry).forEach(Mounts::detachIfMounted);
        Files.removeTree(entry);
      }
    }
  }
}
