package dev.bulkhead.runtime.cgroup;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which cgroups a process is in, by /proc/PID/cgroup, see cgroups(7). */
final class CgroupMemberships {
  private CgroupMemberships() {}

  /**
   * The path of its cgroup in each hierarchy, by the hierarchy's controllers as "cpu,cpuacct" or
   * "name=systemd"; "" for that of version 2.
   */
  static Map<String, String> parse(String text) {
    Map<String, String> paths = new LinkedHashMap<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      String line = text.substring(start, end);
      int first = line.indexOf(':');
      int second = line.indexOf(':', first + 1);
      if (first > 0 && second > 0) {
        paths.put(line.substring(first + 1, second), line.substring(second + 1));
      }
      start = end + 1;
    }
    return paths;
  }
}
