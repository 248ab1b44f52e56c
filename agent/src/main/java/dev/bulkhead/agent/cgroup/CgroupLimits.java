package dev.bulkhead.agent.cgroup;

import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxResources;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The specification's resources, which speak of cgroups of version 1, as the files of version 2:
 * name and what to write. See the kernel's cgroup-v2 documentation.
 */
public final class CgroupLimits {
  private static final long DEFAULT_PERIOD_MICROS = 100_000;

  private CgroupLimits() {}

  /** The files to write, in the order in which the kernel accepts them. */
  public static Map<String, String> files(LinuxResources resources) {
    Map<String, String> files = new LinkedHashMap<>();
    cpu(resources.cpu(), files);
    memory(resources.memory(), files);
    if (resources.hasPids()) {
      long limit = resources.pids().limit();
      if (limit != 0) {
        files.put("pids.max", limit < 0 ? "max" : Long.toString(limit));
      }
    }
    if (resources.hasBlockIo() && resources.blockIo().weight() != 0) {
      // Version 1 counts from 10 to 1000, version 2 from 1 to 10000.
      long weight = 1 + (resources.blockIo().weight() - 10L) * 9999 / 990;
      files.put("io.weight", "default " + Math.max(1, weight));
    }
    for (var limit : resources.hugepageLimits()) {
      files.put("hugetlb." + limit.pageSize() + ".max", Long.toUnsignedString(limit.limit()));
    }
    for (var unified : resources.unified().entrySet()) {
      if (unified.getKey().indexOf('/') >= 0) {
        throw new IllegalArgumentException(
            "linux.resources.unified names '" + unified.getKey() + "', which is no cgroup file");
      }
      // Who is in a cgroup and whether they run is the agent's affair: it could put itself in.
      if (unified.getKey().startsWith("cgroup.") && !unified.getKey().startsWith("cgroup.max.")) {
        throw new IllegalArgumentException(
            "linux.resources.unified names '" + unified.getKey() + "', which is no limit");
      }
      files.put(unified.getKey(), unified.getValue());
    }
    return files;
  }

  private static void cpu(LinuxCpu cpu, Map<String, String> files) {
    if (cpu.shares() != 0) {
      files.put("cpu.weight", Long.toString(weight(cpu.shares())));
    }
    if (cpu.quota() != 0 || cpu.period() != 0) {
      long period = cpu.period() == 0 ? DEFAULT_PERIOD_MICROS : cpu.period();
      files.put("cpu.max", (cpu.quota() > 0 ? Long.toString(cpu.quota()) : "max") + " " + period);
    }
    if (!cpu.cpus().isEmpty()) {
      files.put("cpuset.cpus", cpu.cpus());
    }
    if (!cpu.mems().isEmpty()) {
      files.put("cpuset.mems", cpu.mems());
    }
  }

  /** Shares from 2 to 262144 are spread evenly over weights from 1 to 10000. */
  static long weight(long shares) {
    long bounded = Math.max(2, Math.min(262_144, shares));
    return 1 + (bounded - 2) * 9999 / 262_142;
  }

  private static void memory(LinuxMemory memory, Map<String, String> files) {
    long limit = memory.limit();
    if (limit != 0) {
      files.put("memory.max", limit < 0 ? "max" : Long.toString(limit));
    }
    if (memory.reservation() != 0) {
      files.put(
          "memory.low", memory.reservation() < 0 ? "max" : Long.toString(memory.reservation()));
    }
    if (memory.swap() != 0) {
      // Version 1's limit is of memory and swap together.
      if (memory.swap() < 0) {
        files.put("memory.swap.max", "max");
      } else if (limit > 0) {
        if (memory.swap() < limit) {
          throw new IllegalArgumentException(
              "linux.resources.memory.swap ("
                  + memory.swap()
                  + ") is memory and swap together and cannot be below the memory limit ("
                  + limit
                  + ")");
        }
        files.put("memory.swap.max", Long.toString(memory.swap() - limit));
      }
    }
  }
}
