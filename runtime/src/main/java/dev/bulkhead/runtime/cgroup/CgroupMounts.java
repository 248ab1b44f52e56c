package dev.bulkhead.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;

/** Where cgroup hierarchies are mounted, by /proc/PID/mountinfo, see proc(5). */
final class CgroupMounts {
  private CgroupMounts() {}

  /** The mount points of version 1, or of version 2 if there are none of version 1. */
  static List<String> find(String mountinfo) {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    int start = 0;
    while (start < mountinfo.length()) {
      int end = mountinfo.indexOf('\n', start);
      end = end < 0 ? mountinfo.length() : end;
      String line = mountinfo.substring(start, end);
      int separator = line.indexOf(" - ");
      if (separator > 0) {
        String rest = line.substring(separator + 3);
        String mountPoint = word(line, 4);
        if (rest.startsWith("cgroup ") && !first.contains(mountPoint)) {
          first.add(mountPoint);
        } else if (rest.startsWith("cgroup2 ") && second.isEmpty()) {
          second.add(mountPoint);
        }
      }
      start = end + 1;
    }
    return first.isEmpty() ? second : first;
  }

  /** Of the mount points of version 1 those without controllers, which only have a name. */
  static List<String> named(String mountinfo) {
    List<String> named = new ArrayList<>();
    int start = 0;
    while (start < mountinfo.length()) {
      int end = mountinfo.indexOf('\n', start);
      end = end < 0 ? mountinfo.length() : end;
      String line = mountinfo.substring(start, end);
      if (line.indexOf(" - cgroup ") > 0 && line.indexOf(",name=") > 0) {
        named.add(word(line, 4));
      }
      start = end + 1;
    }
    return named;
  }

  private static String word(String line, int number) {
    int start = 0;
    for (int i = 0; i < number; i++) {
      start = line.indexOf(' ', start) + 1;
    }
    return line.substring(start, line.indexOf(' ', start));
  }
}
