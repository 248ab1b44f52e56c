package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.agentapi.CgroupStats;
import dev.bulkhead.agentapi.CpuStats;
import dev.bulkhead.agentapi.CpuUsage;
import dev.bulkhead.agentapi.MemoryData;
import dev.bulkhead.agentapi.MemoryStats;
import dev.bulkhead.agentapi.PidsStats;
import dev.bulkhead.agentapi.StatsContainerResponse;
import dev.bulkhead.shimapi.Metrics;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TaskMetricsTest {
  @Test
  void takesTheGuestsCountsOver() throws Exception {
    CgroupStats stats =
        CgroupStats.DEFAULT
            .withCpuStats(
                CpuStats.DEFAULT.withCpuUsage(
                    CpuUsage.DEFAULT.withTotalUsage(30).withUsageInUsermode(20)))
            .withPidsStats(PidsStats.DEFAULT.withCurrent(2).withLimit(-1))
            .withMemoryStats(
                MemoryStats.DEFAULT
                    .withCache(5)
                    .withUsage(MemoryData.DEFAULT.withUsage(100).withLimit(200))
                    .withStats(Map.of("anon", 60L, "inactive_file", 7L)));
    Metrics metrics =
        Metrics.decode(
            TaskMetrics.of(StatsContainerResponse.DEFAULT.withCgroupStats(stats)).value());
    assertEquals(30, metrics.cpu().usage().total());
    assertEquals(20, metrics.cpu().usage().user());
    assertEquals(2, metrics.pids().current());
    assertEquals(100, metrics.memory().usage().usage());
    assertEquals(200, metrics.memory().usage().limit());
    assertEquals(60, metrics.memory().rss());
    assertEquals(7, metrics.memory().totalInactiveFile());
  }
}
