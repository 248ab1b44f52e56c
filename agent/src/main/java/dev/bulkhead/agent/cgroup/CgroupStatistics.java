package dev.bulkhead.agent.cgroup;

import dev.bulkhead.agentapi.BlkioStats;
import dev.bulkhead.agentapi.BlkioStatsEntry;
import dev.bulkhead.agentapi.CgroupStats;
import dev.bulkhead.agentapi.CpuStats;
import dev.bulkhead.agentapi.CpuUsage;
import dev.bulkhead.agentapi.MemoryData;
import dev.bulkhead.agentapi.MemoryStats;
import dev.bulkhead.agentapi.PidsStats;
import dev.bulkhead.agentapi.ThrottlingData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a cgroup's counters into the agent protocol's message. */
public final class CgroupStatistics {
  private static final long NANOS_PER_MICRO = 1000;

  private CgroupStatistics() {}

  /** The counters as they are now. */
  public static CgroupStats read(Cgroup cgroup) {
    return CgroupStats.DEFAULT
        .withCpuStats(cpu(cgroup.read("cpu.stat")))
        .withMemoryStats(memory(cgroup))
        .withPidsStats(
            PidsStats.DEFAULT
                .withCurrent(number(cgroup.read("pids.current")))
                .withLimit(limit(cgroup.read("pids.max"))))
        .withBlkioStats(blockIo(cgroup.read("io.stat")));
  }

  static CpuStats cpu(String stat) {
    return CpuStats.DEFAULT
        .withCpuUsage(
            CpuUsage.DEFAULT
                .withTotalUsage(value(stat, "usage_usec") * NANOS_PER_MICRO)
                .withUsageInUsermode(value(stat, "user_usec") * NANOS_PER_MICRO)
                .withUsageInKernelmode(value(stat, "system_usec") * NANOS_PER_MICRO))
        .withThrottlingData(
            ThrottlingData.DEFAULT
                .withPeriods(value(stat, "nr_periods"))
                .withThrottledPeriods(value(stat, "nr_throttled"))
                .withThrottledTime(value(stat, "throttled_usec") * NANOS_PER_MICRO));
  }

  private static MemoryStats memory(Cgroup cgroup) {
    String stat = cgroup.read("memory.stat");
    String events = cgroup.read("memory.events");
    long usage = number(cgroup.read("memory.current"));
    String peak = cgroup.read("memory.peak");
    return MemoryStats.DEFAULT
        .withCache(value(stat, "file"))
        .withUseHierarchy(true)
        .withUsage(
            MemoryData.DEFAULT
                .withUsage(usage)
                .withMaxUsage(peak.isEmpty() ? usage : number(peak))
                .withFailcnt(value(events, "max"))
                .withLimit(limit(cgroup.read("memory.max"))))
        .withSwapUsage(
            MemoryData.DEFAULT
                .withUsage(number(cgroup.read("memory.swap.current")))
                .withLimit(limit(cgroup.read("memory.swap.max"))))
        .withKernelUsage(MemoryData.DEFAULT.withUsage(value(stat, "kernel_stack")))
        .withStats(all(stat));
  }

  static BlkioStats blockIo(String stat) {
    List<BlkioStatsEntry> bytes = new ArrayList<>();
    List<BlkioStatsEntry> operations = new ArrayList<>();
    for (String line : lines(stat)) {
      int colon = line.indexOf(':');
      int blank = line.indexOf(' ');
      if (colon <= 0 || blank < colon) {
        continue;
      }
      long major = Long.parseLong(line.substring(0, colon));
      long minor = Long.parseLong(line.substring(colon + 1, blank));
      BlkioStatsEntry device = BlkioStatsEntry.DEFAULT.withMajor(major).withMinor(minor);
      bytes.add(device.withOp("Read").withValue(field(line, "rbytes=")));
      bytes.add(device.withOp("Write").withValue(field(line, "wbytes=")));
      operations.add(device.withOp("Read").withValue(field(line, "rios=")));
      operations.add(device.withOp("Write").withValue(field(line, "wios=")));
    }
    return BlkioStats.DEFAULT
        .withIoServiceBytesRecursive(bytes)
        .withIoServicedRecursive(operations);
  }

  private static long field(String line, String name) {
    int start = line.indexOf(name);
    if (start < 0) {
      return 0;
    }
    int from = start + name.length();
    int end = line.indexOf(' ', from);
    return Long.parseLong(line.substring(from, end < 0 ? line.length() : end));
  }

  /** The number behind a name at a line's beginning; 0 if there is none. */
  static long value(String text, String name) {
    return all(text).getOrDefault(name, 0L);
  }

  private static Map<String, Long> all(String text) {
    Map<String, Long> values = new LinkedHashMap<>();
    for (String line : lines(text)) {
      int blank = line.indexOf(' ');
      if (blank > 0) {
        values.put(line.substring(0, blank), number(line.substring(blank + 1)));
      }
    }
    return values;
  }

  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      if (end < 0) {
        end = text.length();
      }
      lines.add(text.substring(start, end));
      start = end + 1;
    }
    return lines;
  }

  /** A file's only number; 0 for an empty file. */
  static long number(String text) {
    String trimmed = text.trim();
    return trimmed.isEmpty() ? 0 : Long.parseLong(trimmed);
  }

  /** A limit; "max" is none, which the protocol writes as the largest number. */
  static long limit(String text) {
    return text.trim().equals("max") ? -1 : number(text);
  }
}
