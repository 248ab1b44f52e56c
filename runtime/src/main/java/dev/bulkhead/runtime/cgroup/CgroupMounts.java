package dev.bulkhead.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where cgroup hierarchies are mounted, by /proc/PID/mountinfo, see proc(5). */
final class CgroupMounts {
  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;

  private CgroupMounts() {}

  /**
   * A mount of a hierarchy.
   *
   * @param root the cgroup that is at the mount point
   * @param options the hierarchy's own; empty for that of version 2
   */
  record Hierarchy(String mountPoint, String root, Optional<String> options) {
    boolean isFirstVersion() {
      return options.isPresent();
    }

    /**
     * Whether it is the one of these controllers, as "cpu,cpuacct" or "name=systemd"; "" means that
     * of version 2.
     */
    boolean isOf(String controllers) {
      return options
          .map(own -> !controllers.isEmpty() && ("," + own + ",").contains("," + controllers + ","))
          .orElse(controllers.isEmpty());
    }

    /** The directory of a cgroup, empty if it is none below this mount. */
    Optional<String> directory(String path) {
      if (root.equals("/")) {
        return Optional.of(mountPoint + path);
      }
      boolean below = path.equals(root) || path.startsWith(root + "/");
      return below ? Optional.of(mountPoint + path.substring(root.length())) : Optional.empty();
    }
  }

  static List<Hierarchy> all(String mountinfo) {
    List<Hierarchy> all = new ArrayList<>();
    int start = 0;
    while (start < mountinfo.length()) {
      int end = mountinfo.indexOf('\n', start);
      end = end < 0 ? mountinfo.length() : end;
      String line = mountinfo.substring(start, end);
      int separator = line.indexOf(" - ");
      if (separator > 0) {
        String rest = line.substring(separator + 3);
        boolean first = rest.startsWith("cgroup ");
        if (first || rest.startsWith("cgroup2 ")) {
          all.add(
              new Hierarchy(
                  word(line, MOUNT_POINT),
                  word(line, ROOT),
                  first
                      ? Optional.of(rest.substring(rest.lastIndexOf(' ') + 1))
                      : Optional.empty()));
        }
      }
      start = end + 1;
    }
    return all;
  }

  /** The mount points of version 1, or of version 2 if there are none of version 1. */
  static List<String> find(String mountinfo) {
    List<Hierarchy> all = all(mountinfo);
    List<String> first =
        all.stream()
            .filter(Hierarchy::isFirstVersion)
            .map(Hierarchy::mountPoint)
            .distinct()
            .toList();
    return first.isEmpty() ? all.stream().map(Hierarchy::mountPoint).limit(1).toList() : first;
  }

  /** Of the mount points of version 1 those without controllers, which only have a name. */
  static List<String> named(String mountinfo) {
    return all(mountinfo).stream()
        .filter(hierarchy -> hierarchy.options().filter(own -> own.contains(",name=")).isPresent())
        .map(Hierarchy::mountPoint)
        .toList();
  }

  private static String word(String line, int number) {
    int start = 0;
    for (int i = 0; i < number; i++) {
      start = line.indexOf(' ', start) + 1;
    }
    return line.substring(start, line.indexOf(' ', start));
  }
}
