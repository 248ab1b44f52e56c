package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.agentapi.BlkioStatsEntry;
import dev.bulkhead.agentapi.CgroupStats;
import dev.bulkhead.agentapi.HugetlbStats;
import dev.bulkhead.agentapi.MemoryData;
import dev.bulkhead.agentapi.MemoryStats;
import dev.bulkhead.oci.json.JsonType;
import java.util.List;
import java.util.Map;

/** What a container has used, in the JSON of {@code runc events --stats}. */
final class StatisticsJson {
  private StatisticsJson() {}

  static JsonObject of(CgroupStats stats) {
    JsonObject json = new JsonObject();
    json.put("cpu", cpu(stats));
    json.put("memory", memory(stats.memoryStats()));
    JsonObject pids = new JsonObject();
    put(pids, "current", stats.pidsStats().current());
    put(pids, "limit", stats.pidsStats().limit());
    json.put("pids", pids);
    JsonObject blkio = new JsonObject();
    blkio.put("ioServiceBytesRecursive", entries(stats.blkioStats().ioServiceBytesRecursive()));
    blkio.put("ioServicedRecursive", entries(stats.blkioStats().ioServicedRecursive()));
    json.put("blkio", blkio);
    JsonObject hugetlb = new JsonObject();
    for (Map.Entry<String, HugetlbStats> size : stats.hugetlbStats().entrySet()) {
      JsonObject one = new JsonObject();
      put(one, "usage", size.getValue().usage());
      put(one, "max", size.getValue().maxUsage());
      put(one, "failcnt", size.getValue().failcnt());
      hugetlb.put(size.getKey(), one);
    }
    json.put("hugetlb", hugetlb);
    return json;
  }

  private static JsonObject cpu(CgroupStats stats) {
    JsonObject usage = new JsonObject();
    put(usage, "total", stats.cpuStats().cpuUsage().totalUsage());
    put(usage, "kernel", stats.cpuStats().cpuUsage().usageInKernelmode());
    put(usage, "user", stats.cpuStats().cpuUsage().usageInUsermode());
    JsonObject throttling = new JsonObject();
    put(throttling, "periods", stats.cpuStats().throttlingData().periods());
    put(throttling, "throttledPeriods", stats.cpuStats().throttlingData().throttledPeriods());
    put(throttling, "throttledTime", stats.cpuStats().throttlingData().throttledTime());
    JsonObject cpu = new JsonObject();
    cpu.put("usage", usage);
    cpu.put("throttling", throttling);
    return cpu;
  }

  private static JsonObject memory(MemoryStats stats) {
    JsonObject memory = new JsonObject();
    put(memory, "cache", stats.cache());
    memory.put("usage", data(stats.usage()));
    memory.put("swap", data(stats.swapUsage()));
    memory.put("kernel", data(stats.kernelUsage()));
    JsonObject raw = new JsonObject();
    for (Map.Entry<String, Long> line : stats.stats().entrySet()) {
      put(raw, line.getKey(), line.getValue());
    }
    memory.put("raw", raw);
    return memory;
  }

  private static JsonObject data(MemoryData data) {
    JsonObject json = new JsonObject();
    put(json, "limit", data.limit());
    put(json, "usage", data.usage());
    put(json, "max", data.maxUsage());
    put(json, "failcnt", data.failcnt());
    return json;
  }

  private static JsonArray entries(List<BlkioStatsEntry> entries) {
    JsonArray array = new JsonArray();
    for (BlkioStatsEntry entry : entries) {
      JsonObject json = new JsonObject();
      put(json, "major", entry.major());
      put(json, "minor", entry.minor());
      json.put("op", entry.op());
      put(json, "value", entry.value());
      array.add(json);
    }
    return array;
  }

  private static void put(JsonObject json, String name, long unsigned) {
    json.put(name, JsonType.unsigned(unsigned));
  }
}
