package dev.bulkhead.agent.boot;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Mounts;
import java.util.List;

/** The mounts that the guest itself lives on. */
public final class GuestFileSystems {
  /** Where the cgroup hierarchy (version 2) is. */
  public static final String CGROUPS = "/sys/fs/cgroup";

  /** A mount of the guest's own for what does not outlive it. */
  public static final String RUN = "/run";

  /** An empty directory: where a container's root is furnished, in a mount namespace of its own. */
  public static final String NEW_ROOT = RUN + "/new-root";

  private static final List<String> CONTROLLERS =
      List.of("cpuset", "cpu", "io", "memory", "hugetlb", "pids");

  private GuestFileSystems() {}

  /** What the way to the host needs: the root as a mount of its own, proc, sys, dev. */
  public static void mountEssential() {
    moveRootToMount();
    mount("proc", "proc", "/proc", "");
    mount("sysfs", "sysfs", "/sys", "");
    Files.makeDirectories("/dev", 0755);
    Mounts.mount("devtmpfs", "/dev", "devtmpfs", Mounts.MS_NOSUID, "mode=755");
  }

  /** What containers need, after the host knows that the guest is there. */
  public static void mountRest() {
    Files.makeDirectories("/dev/pts", 0755);
    Mounts.mount(
        "devpts",
        "/dev/pts",
        "devpts",
        Mounts.MS_NOSUID | Mounts.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620,gid=5");
    // Volumes of containers may lie there, and have programs in them.
    mount("tmpfs", "tmpfs", RUN, 0, "mode=755");
    Files.makeDirectory(NEW_ROOT, 0700);
    mount("tmpfs", "tmpfs", "/tmp", "mode=1777");
    mount("cgroup2", "cgroup2", CGROUPS, "");
    enableControllers(CGROUPS);
  }

  /** Lets a cgroup's children limit everything that this kernel can limit. */
  public static void enableControllers(String cgroup) {
    String available = " " + Files.readText(cgroup + "/cgroup.controllers").trim() + " ";
    for (String controller : CONTROLLERS) {
      if (available.contains(" " + controller + " ")) {
        Files.writeExisting(cgroup + "/cgroup.subtree_control", "+" + controller);
      }
    }
  }

  /**
   * The kernel refuses pivot_root while the root is the initramfs itself, so the agent lives in a
   * bind mount of it.
   */
  private static void moveRootToMount() {
    Files.makeDirectories("/root-mount", 0700);
    Mounts.bind("/", "/root-mount", false);
    Files.changeDirectory("/root-mount");
    Mounts.mount(".", "/", "", Mounts.MS_MOVE, "");
    Mounts.changeRootToWorkingDirectory();
  }

  private static void mount(String source, String type, String target, String data) {
    mount(source, type, target, Mounts.MS_NOEXEC, data);
  }

  private static void mount(String source, String type, String target, long flags, String data) {
    Files.makeDirectories(target, 0755);
    Mounts.mount(source, target, type, Mounts.MS_NOSUID | Mounts.MS_NODEV | flags, data);
  }
}
