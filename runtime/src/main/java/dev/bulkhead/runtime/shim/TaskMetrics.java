package dev.bulkhead.runtime.shim;

import dev.bulkhead.agentapi.BlkioStatsEntry;
import dev.bulkhead.agentapi.CgroupStats;
import dev.bulkhead.agentapi.MemoryData;
import dev.bulkhead.agentapi.MemoryStats;
import dev.bulkhead.agentapi.NetworkStats;
import dev.bulkhead.agentapi.StatsContainerResponse;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.shimapi.BlkIoEntry;
import dev.bulkhead.shimapi.BlkIoStat;
import dev.bulkhead.shimapi.CpuStat;
import dev.bulkhead.shimapi.CpuUse;
import dev.bulkhead.shimapi.HugetlbStat;
import dev.bulkhead.shimapi.MemoryEntry;
import dev.bulkhead.shimapi.MemoryStat;
import dev.bulkhead.shimapi.Metrics;
import dev.bulkhead.shimapi.NetworkStat;
import dev.bulkhead.shimapi.PidsStat;
import dev.bulkhead.shimapi.Throttle;
import java.util.List;
import java.util.Map;

/**
 * What a container has used, as containerd takes it: in the form of version 1 of control groups,
 * whatever the host's version is, as all its clients read both and the guest is not the host.
 */
final class TaskMetrics {
  private static final String TYPE = "io.containerd.cgroups.v1.Metrics";

  private TaskMetrics() {}

  /** Of a container without processes in the guest. */
  static Any nothing() {
    return new Any(TYPE, Metrics.DEFAULT.encode());
  }

  static Any of(StatsContainerResponse statistics) {
    return new Any(TYPE, metrics(statistics).encode());
  }

  static Metrics metrics(StatsContainerResponse statistics) {
    CgroupStats stats = statistics.cgroupStats();
    return Metrics.DEFAULT
        .withHugetlb(
            stats.hugetlbStats().entrySet().stream()
                .map(
                    size ->
                        new HugetlbStat(
                            size.getValue().usage(),
                            size.getValue().maxUsage(),
                            size.getValue().failcnt(),
                            size.getKey()))
                .toList())
        .withPids(new PidsStat(stats.pidsStats().current(), stats.pidsStats().limit()))
        .withCpu(cpu(stats))
        .withMemory(memory(stats.memoryStats()))
        .withBlkio(
            new BlkIoStat(
                entries(stats.blkioStats().ioServiceBytesRecursive()),
                entries(stats.blkioStats().ioServicedRecursive())))
        .withNetwork(statistics.networkStats().stream().map(TaskMetrics::network).toList());
  }

  private static CpuStat cpu(CgroupStats stats) {
    return new CpuStat(
        CpuUse.DEFAULT
            .withTotal(stats.cpuStats().cpuUsage().totalUsage())
            .withKernel(stats.cpuStats().cpuUsage().usageInKernelmode())
            .withUser(stats.cpuStats().cpuUsage().usageInUsermode()),
        new Throttle(
            stats.cpuStats().throttlingData().periods(),
            stats.cpuStats().throttlingData().throttledPeriods(),
            stats.cpuStats().throttlingData().throttledTime()));
  }

  /** The guest's names are those of version 2, whose counts include what is below. */
  private static MemoryStat memory(MemoryStats memory) {
    Map<String, Long> stats = memory.stats();
    long cache = memory.cache();
    long rss = stats.getOrDefault("anon", 0L);
    return MemoryStat.DEFAULT
        .withCache(cache)
        .withTotalCache(cache)
        .withRss(rss)
        .withTotalRss(rss)
        .withMappedFile(stats.getOrDefault("file_mapped", 0L))
        .withTotalMappedFile(stats.getOrDefault("file_mapped", 0L))
        .withDirty(stats.getOrDefault("file_dirty", 0L))
        .withTotalDirty(stats.getOrDefault("file_dirty", 0L))
        .withWriteback(stats.getOrDefault("file_writeback", 0L))
        .withTotalWriteback(stats.getOrDefault("file_writeback", 0L))
        .withPgFault(stats.getOrDefault("pgfault", 0L))
        .withTotalPgFault(stats.getOrDefault("pgfault", 0L))
        .withPgMajFault(stats.getOrDefault("pgmajfault", 0L))
        .withTotalPgMajFault(stats.getOrDefault("pgmajfault", 0L))
        .withInactiveAnon(stats.getOrDefault("inactive_anon", 0L))
        .withTotalInactiveAnon(stats.getOrDefault("inactive_anon", 0L))
        .withActiveAnon(stats.getOrDefault("active_anon", 0L))
        .withTotalActiveAnon(stats.getOrDefault("active_anon", 0L))
        .withInactiveFile(stats.getOrDefault("inactive_file", 0L))
        .withTotalInactiveFile(stats.getOrDefault("inactive_file", 0L))
        .withActiveFile(stats.getOrDefault("active_file", 0L))
        .withTotalActiveFile(stats.getOrDefault("active_file", 0L))
        .withUnevictable(stats.getOrDefault("unevictable", 0L))
        .withTotalUnevictable(stats.getOrDefault("unevictable", 0L))
        .withHierarchicalMemoryLimit(memory.usage().limit())
        .withUsage(entry(memory.usage()))
        .withSwap(entry(memory.swapUsage()))
        .withKernel(entry(memory.kernelUsage()));
  }

  private static MemoryEntry entry(MemoryData data) {
    return new MemoryEntry(data.limit(), data.usage(), data.maxUsage(), data.failcnt());
  }

  private static List<BlkIoEntry> entries(List<BlkioStatsEntry> entries) {
    return entries.stream()
        .map(entry -> new BlkIoEntry(entry.op(), "", entry.major(), entry.minor(), entry.value()))
        .toList();
  }

  private static NetworkStat network(NetworkStats stats) {
    return new NetworkStat(
        stats.name(),
        stats.rxBytes(),
        stats.rxPackets(),
        stats.rxErrors(),
        stats.rxDropped(),
        stats.txBytes(),
        stats.txPackets(),
        stats.txErrors(),
        stats.txDropped());
  }
}
