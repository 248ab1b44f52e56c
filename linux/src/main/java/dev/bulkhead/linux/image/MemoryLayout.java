package dev.bulkhead.linux.image;

import java.util.List;

/**
 * Where a process has what the kernel knows by name, in the order of {@code struct prctl_mm_map} up
 * to {@code env_end}, see PR_SET_MM_MAP of prctl(2).
 */
record MemoryLayout(
    long startCode,
    long endCode,
    long startData,
    long endData,
    long startHeap,
    long endHeap,
    long startStack,
    long startArguments,
    long endArguments,
    long startEnvironment,
    long endEnvironment) {
  // Fields of /proc/PID/stat, counted from 1 as proc(5) does.
  private static final int START_CODE = 26;
  private static final int END_CODE = 27;
  private static final int START_STACK = 28;
  private static final int START_DATA = 45;
  private static final int END_DATA = 46;
  private static final int START_HEAP = 47;
  private static final int ARGUMENTS = 48;
  private static final int ENVIRONMENT = 50;

  /**
   * Reads /proc/PID/stat.
   *
   * @param regions of the process, which tell where its heap ends
   */
  static MemoryLayout parse(String stat, List<MemoryRegion> regions) {
    // The program's name may contain anything; what follows it does not.
    String[] fields = fields(stat.substring(stat.lastIndexOf(')') + 2).trim());
    long startHeap = field(fields, START_HEAP);
    long endHeap = startHeap;
    for (MemoryRegion region : regions) {
      if (region.isHeap()) {
        endHeap = region.end();
      }
    }
    return new MemoryLayout(
        field(fields, START_CODE),
        field(fields, END_CODE),
        field(fields, START_DATA),
        field(fields, END_DATA),
        startHeap,
        endHeap,
        field(fields, START_STACK),
        field(fields, ARGUMENTS),
        field(fields, ARGUMENTS + 1),
        field(fields, ENVIRONMENT),
        field(fields, ENVIRONMENT + 1));
  }

  private static String[] fields(String text) {
    int count = 1;
    for (int i = 0; i < text.length(); i++) {
      count += text.charAt(i) == ' ' ? 1 : 0;
    }
    String[] fields = new String[count];
    int start = 0;
    for (int i = 0; i < count; i++) {
      int end = text.indexOf(' ', start);
      fields[i] = text.substring(start, end < 0 ? text.length() : end);
      start = end + 1;
    }
    return fields;
  }

  /** The state is the third field, and the first behind the name. */
  private static long field(String[] fields, int number) {
    return Long.parseLong(fields[number - 3]);
  }

  MemoryLayout withArguments(long start, long end) {
    return new MemoryLayout(
        startCode,
        endCode,
        startData,
        endData,
        startHeap,
        endHeap,
        startStack,
        start,
        end,
        startEnvironment,
        endEnvironment);
  }

  long[] values() {
    return new long[] {
      startCode,
      endCode,
      startData,
      endData,
      startHeap,
      endHeap,
      startStack,
      startArguments,
      endArguments,
      startEnvironment,
      endEnvironment
    };
  }

  static MemoryLayout of(long[] values) {
    return new MemoryLayout(
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        values[6],
        values[7],
        values[8],
        values[9],
        values[10]);
  }
}
