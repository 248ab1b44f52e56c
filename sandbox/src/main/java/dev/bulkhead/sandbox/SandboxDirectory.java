package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;

/**
 * What a sandbox has on disk: a directory below the run directory with its sockets and mount
 * points, and one below the store with what its containers write. The owner holds a lock on it, so
 * that what a killed owner left can be told from what is in use, and removed.
 */
public final class SandboxDirectory implements AutoCloseable {
  private static final String LOCK = "lock";

  private final String path;
  private final String writable;
  private final Fd lock;

  private SandboxDirectory(String path, String writable, Fd lock) {
    this.path = path;
    this.writable = writable;
    this.lock = lock;
  }

  /**
   * Where sandboxes are.
   *
   * @param run a directory that does not outlive a boot, as /run/bulkhead
   * @param store a directory on disk, as /var/lib/bulkhead
   */
  public record Roots(String run, String store) {
    String sandboxes() {
      return run + "/sandboxes";
    }

    String logs() {
      return store + "/log";
    }

    String writable() {
      return store + "/writable";
    }
  }

  /**
   * Makes the directories of a new sandbox.
   *
   * @throws SandboxException if there is one of that id
   */
  public static SandboxDirectory create(Roots roots, String id) {
    Files.makeDirectories(roots.sandboxes(), 0700);
    Files.makeDirectories(roots.writable(), 0700);
    String path = roots.sandboxes() + "/" + id;
    Fd lock = makeLocked(path, id);
    while (lock == null) {
      lock = makeLocked(path, id);
    }
    String writable = roots.writable() + "/" + id;
    Files.removeTree(writable);
    Files.makeDirectory(writable, 0700);
    return new SandboxDirectory(path, writable, lock);
  }

  /** Answers the lock; null if {@link #sweep} came before it and took the directory away. */
  private static Fd makeLocked(String path, String id) {
    String lockPath = path + "/" + LOCK;
    try {
      Files.makeDirectory(path, 0700);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        throw new SandboxException("a sandbox '" + id + "' exists already; choose another name", e);
      }
      throw e;
    }
    Fd lock;
    try {
      lock = Files.open(lockPath, Open.O_RDWR | Open.O_CREAT, 0600);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
    lock.lock(true);
    if (Files.isAt(lock, lockPath)) {
      return lock;
    }
    lock.close();
    return null;
  }

  /**
   * Makes the directory of a sandbox in memory, in a mount namespace of this process's own, which
   * it enters for good: nothing has to be removed, however the process ends.
   *
   * @param stage where to mount it
   */
  public static SandboxDirectory inMemory(String stage) {
    Mounts.enterOwnNamespace();
    Mounts.mount("tmpfs", stage, "tmpfs", Mounts.MS_NOSUID | Mounts.MS_NODEV, "mode=0700,size=1m");
    return within(stage);
  }

  /**
   * Makes the directory of a sandbox inside a directory that its owner has for it and removes
   * itself, whatever becomes of this process.
   */
  public static SandboxDirectory within(String ownersDirectory) {
    String path = ownersDirectory + "/sandbox";
    String writable = ownersDirectory + "/writable";
    Files.makeDirectory(path, 0700);
    Files.makeDirectory(writable, 0700);
    Fd lock = Files.open(path + "/" + LOCK, Open.O_RDWR | Open.O_CREAT, 0600);
    lock.lock(true);
    return new SandboxDirectory(path, writable, lock);
  }

  /** Removes what owners left that were killed. */
  public static void sweep(Roots roots) {
    if (!Files.isDirectory(roots.sandboxes())) {
      return;
    }
    for (String id : Files.list(roots.sandboxes())) {
      String path = roots.sandboxes() + "/" + id;
      try {
        sweep(path, roots.writable() + "/" + id);
      } catch (LinuxException e) {
        // What cannot be removed, and may be a guest's work, must not keep others from running.
      }
    }
  }

  private static void sweep(String path, String writable) {
    String lockPath = path + "/" + LOCK;
    if (!Files.exists(lockPath)) {
      // Its owner makes the lock next, or was killed before; only an empty directory goes.
      Files.removeDirectory(path);
      return;
    }
    try (Fd lock = Files.open(lockPath, Open.O_RDWR)) {
      // Else it is another's by now, who took the name.
      if (lock.lock(false) && Files.isAt(lock, lockPath)) {
        remove(path, writable);
      }
    }
  }

  private static void remove(String path, String writable) {
    Files.removeTree(writable);
    Files.removeTree(path);
  }

  /** The sandbox's directory below the run directory. */
  public String path() {
    return path;
  }

  /** The directory on disk for what containers write. */
  public String writable() {
    return writable;
  }

  /**
   * Lets go of everything that is mounted below, in this process's mount namespace. What the guest
   * wrote is on disk by then or lost with the machine.
   */
  public void unmountAll() {
    for (String mountPoint : Mounts.below(path)) {
      Mounts.detachIfMounted(mountPoint);
    }
  }

  /** Removes both directories; nothing may be mounted below them any more. */
  @Override
  public void close() {
    if (lock.isOpen()) {
      remove(path, writable);
      lock.close();
    }
  }
}
