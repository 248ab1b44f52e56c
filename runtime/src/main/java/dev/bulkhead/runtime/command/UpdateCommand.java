package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.ArrayList;
import java.util.List;

/** {@code update}: other limits for a container. */
public final class UpdateCommand {
  public static final Option<String> RESOURCES =
      Option.of(
              "resources",
              "FILE",
              ValueType.FILE,
              "Read the limits from this file, in the JSON of config.json's linux.resources; - is standard input")
          .withShort('r');

  public static final Option<Long> MEMORY =
      Option.of("memory", "BYTES", ValueType.SIZE, "Limit memory");

  public static final Option<Long> MEMORY_RESERVATION =
      Option.of(
          "memory-reservation", "BYTES", ValueType.SIZE, "Keep this much memory when it is short");

  public static final Option<Long> MEMORY_SWAP =
      Option.of("memory-swap", "BYTES", ValueType.SIZE, "Limit memory and swap together");

  public static final Option<Long> CPU_PERIOD =
      Option.of(
          "cpu-period",
          "MICROSECONDS",
          ValueType.integer(0, Long.MAX_VALUE),
          "The period of the quota");

  public static final Option<Long> CPU_QUOTA =
      Option.of(
          "cpu-quota",
          "MICROSECONDS",
          ValueType.integer(Long.MIN_VALUE, Long.MAX_VALUE),
          "Limit processor time in a period; -1 is no limit");

  public static final Option<Long> CPU_SHARE =
      Option.of(
          "cpu-share",
          "NUMBER",
          ValueType.integer(0, Long.MAX_VALUE),
          "The weight when processors are short");

  public static final Option<String> CPUSET_CPUS =
      Option.of(
          "cpuset-cpus", "LIST", ValueType.TEXT, "Use these processors of the machine only: 0-2,4");

  public static final Option<String> CPUSET_MEMS =
      Option.of(
          "cpuset-mems", "LIST", ValueType.TEXT, "Use these memory nodes of the machine only");

  public static final Option<Long> BLKIO_WEIGHT =
      Option.of(
          "blkio-weight",
          "NUMBER",
          ValueType.integer(10, 1000),
          "The weight when disks are short, from 10 to 1000");

  private static final String VERSION_ONE =
      "only cgroups of version 1 have it, and the guest's are 2";

  private static final List<Option<?>> WITHOUT_EFFECT =
      List.of(
          ignored("cpu-rt-period", "The period of the realtime limit"),
          ignored("cpu-rt-runtime", "Limit realtime processes"),
          ignored("kernel-memory", "Limit the kernel's memory"),
          ignored("kernel-memory-tcp", "Limit the kernel's memory for TCP"),
          cache("l3-cache-schema", "Use this part of the processor's cache"),
          cache("mem-bw-schema", "Use this part of the memory's bandwidth"));

  public static final Option<Long> PIDS_LIMIT =
      Option.of(
          "pids-limit",
          "NUMBER",
          ValueType.integer(Long.MIN_VALUE, Long.MAX_VALUE),
          "Limit the number of processes; -1 is no limit");

  public static final Command DEFINITION =
      Command.of(
          "update",
          Commands.OCI_SECTION,
          "Change the limits of a container",
          Usage.of(options(), List.of(OciOptions.ID)));

  private UpdateCommand() {}

  private static List<Option<?>> options() {
    List<Option<?>> options =
        new ArrayList<>(
            List.of(
                RESOURCES,
                MEMORY,
                MEMORY_RESERVATION,
                MEMORY_SWAP,
                CPU_PERIOD,
                CPU_QUOTA,
                CPU_SHARE,
                CPUSET_CPUS,
                CPUSET_MEMS,
                PIDS_LIMIT,
                BLKIO_WEIGHT));
    options.addAll(WITHOUT_EFFECT);
    return options;
  }

  private static Option<String> cache(String name, String summary) {
    return Option.of(name, "SCHEMA", ValueType.TEXT, summary)
        .asIgnored("a guest has no resource director");
  }

  private static Option<String> ignored(String name, String summary) {
    return Option.of(name, "NUMBER", ValueType.TEXT, summary).asIgnored(VERSION_ONE);
  }
}
