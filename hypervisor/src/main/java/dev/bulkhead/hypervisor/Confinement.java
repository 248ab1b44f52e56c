package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.linux.Credentials;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Open;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The room in which a program runs that serves a guest, so that a guest which takes the program
 * over has won little: a file system of its own with no more in it than its libraries and what is
 * given here, no network, no more capabilities than given, and no way to gain any.
 *
 * <p>The program sees /usr and its own installation read-only, of /proc itself only, of /dev what
 * is given. What is mounted on the host below an exposed directory later appears in it if that
 * directory is a mount whose propagation is shared.
 *
 * @param program the program's path
 * @param exposed what of the host it sees besides, and where
 * @param devices device nodes that it sees where they are, those that exist
 * @param capabilities what it keeps of root's rights, as "CHOWN"
 */
public record Confinement(
    String program, List<Exposed> exposed, List<String> devices, Set<String> capabilities) {

  /**
   * A directory or file of the host.
   *
   * @param source its path
   * @param target its path in the room, below / and without symbolic links
   * @param writing what of it the program may change
   */
  public record Exposed(String source, String target, Writing writing) {}

  /** What of an exposed directory may be changed. */
  public enum Writing {
    NOTHING,
    /**
     * Not the directory itself, so that who takes the program over cannot put a link where the host
     * is about to mount something, but what is mounted below it writable, now or later.
     */
    MOUNTS_BELOW
  }

  // A file server has a descriptor for every file that the guest knows.
  private static final long OPEN_FILES = 1 << 20;
  private static final int NAMESPACES =
      Namespaces.MOUNT | Namespaces.NETWORK | Namespaces.IPC | Namespaces.UTS | Namespaces.CGROUP;

  // What the dynamic linker and the C library look for, besides /usr.
  private static final List<String> LINKER_FILES =
      List.of("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d");
  private static final List<String> USR_NAMES =
      List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64");

  private static final long INSTALLATION =
      DetachedMount.READ_ONLY | DetachedMount.NO_SUID | DetachedMount.NO_DEVICES;
  private static final long DEVICE = DetachedMount.NO_SUID | DetachedMount.NO_EXEC;
  // A file server may make device nodes, but a disk of the host must not open by one.
  private static final long FILES = DEVICE | DetachedMount.NO_DEVICES;

  // A directory that every host has; what is below is copied before this is mounted on top.
  private static final String STAGE = "/proc";

  public Confinement {
    exposed = List.copyOf(exposed);
    devices = List.copyOf(devices);
    capabilities = Set.copyOf(capabilities);
  }

  private record Placed(DetachedMount mount, String target, boolean isDirectory) {}

  private record Link(String path, String target) {}

  /**
   * Enters the room for good; meant to run between fork and exec.
   *
   * @throws dev.bulkhead.linux.LinuxException if a step is refused; the process is then good for
   *     nothing but to end
   */
  public void enter() {
    Namespaces.unshare(NAMESPACES);
    // Mounts of the host still come in, ours do not go out.
    Mounts.setPropagation("/", Mounts.MS_SLAVE | Mounts.MS_REC);
    List<Placed> mounts = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    take("/usr", "/usr", INSTALLATION, mounts);
    for (String name : USR_NAMES) {
      if (Files.exists(name)) {
        if (Files.linkStatus(name).isSymlink()) {
          links.add(new Link(name, Files.readLink(name)));
        } else {
          take(name, name, INSTALLATION, mounts);
        }
      }
    }
    installation().ifPresent(path -> take(path, path, INSTALLATION, mounts));
    for (String path : LINKER_FILES) {
      if (Files.exists(path)) {
        take(path, path, FILES | DetachedMount.READ_ONLY, mounts);
      }
    }
    take("/proc/self", "/proc/self", FILES | DetachedMount.READ_ONLY, mounts);
    for (String device : devices) {
      if (Files.exists(device)) {
        take(device, device, DEVICE, mounts);
      }
    }
    for (Exposed path : exposed) {
      boolean nothing = path.writing() == Writing.NOTHING;
      take(path.source(), path.target(), FILES | (nothing ? DetachedMount.READ_ONLY : 0), mounts);
      mounts.getLast().mount().setAttributes(false, DetachedMount.READ_ONLY, 0);
    }
    becomeRoot(mounts, links);
    limitRights();
  }

  private static void take(String source, String target, long attributes, List<Placed> mounts) {
    DetachedMount copy = DetachedMount.copyOf(source, true);
    copy.setAttributes(true, attributes, 0);
    mounts.add(new Placed(copy, target, Files.status(copy.top()).isDirectory()));
  }

  /** The directory with the program's bin and lib, unless it lies in /usr. */
  private Optional<String> installation() {
    int slash = program.lastIndexOf('/');
    int above = slash < 1 ? -1 : program.lastIndexOf('/', slash - 1);
    return above < 1 || program.startsWith("/usr/")
        ? Optional.empty()
        : Optional.of(program.substring(0, above));
  }

  private static void becomeRoot(List<Placed> mounts, List<Link> links) {
    Mounts.mount("tmpfs", STAGE, "tmpfs", Mounts.MS_NOSUID | Mounts.MS_NODEV, "mode=0755,size=64k");
    Files.changeDirectory(STAGE);
    for (Placed placed : mounts) {
      String place = "." + placed.target();
      if (placed.isDirectory()) {
        Files.makeDirectories(place, 0755);
      } else {
        Files.makeDirectories(place.substring(0, place.lastIndexOf('/')), 0755);
        Files.open(place, Open.O_WRONLY | Open.O_CREAT, 0444).close();
      }
      placed.mount().attach(place);
      placed.mount().close();
    }
    for (Link link : links) {
      Files.symlink(link.target(), "." + link.path());
    }
    Mounts.pivotToWorkingDirectory();
    try (Fd root = Files.open("/", Open.O_PATH | Open.O_DIRECTORY)) {
      Mounts.makeReadOnly(root, false);
    }
  }

  private void limitRights() {
    // Memory of the guest would lie in a core file.
    Credentials.setLimit(limit("CORE"), 0, 0);
    Credentials.raiseLimit(limit("NOFILE"), OPEN_FILES);
    Capabilities.limitBounding(Capabilities.set(capabilities));
    Capabilities.setNoNewPrivileges();
  }

  private static int limit(String name) {
    return Credentials.limitNumber(name).orElseThrow();
  }
}
