package dev.bulkhead.linux.image;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of /proc/PID/maps, see proc(5).
 *
 * @param start the first address
 * @param end the address behind the last
 * @param access what may be done there: 1 read, 2 write, 4 execute
 * @param shared whether others see what is written
 * @param offset where in the file it begins
 * @param name the file's path, a name of the kernel's in brackets, or ""
 */
record MemoryRegion(long start, long end, int access, boolean shared, long offset, String name) {
  static final int WRITE = 2;

  // The kernel's own, at one address in all processes.
  private static final String VSYSCALL = "[vsyscall]";

  /** All lines but the one of the vsyscall page, which is in every process. */
  static List<MemoryRegion> parse(String maps) {
    List<MemoryRegion> regions = new ArrayList<>();
    int start = 0;
    while (start < maps.length()) {
      int end = maps.indexOf('\n', start);
      String line = maps.substring(start, end < 0 ? maps.length() : end);
      if (!line.endsWith(VSYSCALL)) {
        regions.add(parseLine(line));
      }
      start += line.length() + 1;
    }
    return regions;
  }

  private static MemoryRegion parseLine(String line) {
    int dash = line.indexOf('-');
    int rights = line.indexOf(' ') + 1;
    int offset = line.indexOf(' ', rights) + 1;
    int device = line.indexOf(' ', offset) + 1;
    int inode = line.indexOf(' ', device) + 1;
    int name = inode;
    while (name < line.length() && line.charAt(name) != ' ') {
      name++;
    }
    while (name < line.length() && line.charAt(name) == ' ') {
      name++;
    }
    int access =
        (line.charAt(rights) == 'r' ? 1 : 0)
            | (line.charAt(rights + 1) == 'w' ? WRITE : 0)
            | (line.charAt(rights + 2) == 'x' ? 4 : 0);
    return new MemoryRegion(
        Long.parseLong(line.substring(0, dash), 16),
        Long.parseLong(line.substring(dash + 1, rights - 1), 16),
        access,
        line.charAt(rights + 3) == 's',
        Long.parseLong(line.substring(offset, device - 1), 16),
        line.substring(name));
  }

  long length() {
    return end - start;
  }

  boolean isWritable() {
    return (access & WRITE) != 0;
  }

  boolean isOfFile() {
    return name.startsWith("/");
  }

  boolean isMainStack() {
    return name.equals("[stack]");
  }

  boolean isHeap() {
    return name.equals("[heap]");
  }

  /** Whether the kernel put it there, as the code by which programs ask it for the time. */
  boolean isKernels() {
    return name.startsWith("[v");
  }
}
