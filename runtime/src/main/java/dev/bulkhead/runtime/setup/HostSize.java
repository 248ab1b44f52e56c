package dev.bulkhead.runtime.setup;

import dev.bulkhead.linux.Files;

/** How large the host is. */
public final class HostSize {
  private HostSize() {}

  /** Processors that are switched on. */
  public static int processors() {
    return countRanges(Files.readText("/sys/devices/system/cpu/online").trim());
  }

  /** Counts the members of a list as the kernel writes it: "0-3,8". */
  static int countRanges(String list) {
    int count = 0;
    int start = 0;
    while (start < list.length()) {
      int comma = list.indexOf(',', start);
      String range = list.substring(start, comma < 0 ? list.length() : comma);
      int dash = range.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
      count += last - first + 1;
      start = comma < 0 ? list.length() : comma + 1;
    }
    return count;
  }

  /** All memory, in MiB. */
  public static int memoryMib() {
    return memoryMib(Files.readText("/proc/meminfo"));
  }

  static int memoryMib(String meminfo) {
    String name = "MemTotal:";
    int start = meminfo.indexOf(name) + name.length();
    int end = meminfo.indexOf("kB", start);
    return (int) (Long.parseLong(meminfo.substring(start, end).trim()) / 1024);
  }
}
