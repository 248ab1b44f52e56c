package dev.bulkhead.runtime.cgroup;

import dev.bulkhead.linux.Files;
import java.util.List;
import java.util.Map;

/** The cgroups that this process is in, one of each hierarchy that is mounted. */
public final class OwnCgroups {
  private OwnCgroups() {}

  /**
   * Puts another process into them, with all its threads; where it is in the same one already it
   * stays untouched, as each move makes the host's kernel wait.
   *
   * @throws dev.bulkhead.linux.LinuxException if the kernel refuses
   */
  public static void admit(int pid) {
    Map<String, String> own = CgroupMemberships.parse(Files.readText("/proc/self/cgroup"));
    Map<String, String> its = CgroupMemberships.parse(Files.readText("/proc/" + pid + "/cgroup"));
    List<CgroupMounts.Hierarchy> mounted = CgroupMounts.all(Files.readText("/proc/self/mountinfo"));
    own.forEach(
        (controllers, path) -> {
          if (!path.equals(its.get(controllers))) {
            mounted.stream()
                .filter(hierarchy -> hierarchy.isOf(controllers))
                .flatMap(hierarchy -> hierarchy.directory(path).stream())
                .findFirst()
                .ifPresent(
                    directory ->
                        Files.writeExisting(directory + "/cgroup.procs", Integer.toString(pid)));
          }
        });
  }
}
