package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
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
          Usage.of(
              List.of(
                  RESOURCES,
                  MEMORY,
                  MEMORY_RESERVATION,
                  MEMORY_SWAP,
                  CPU_PERIOD,
                  CPU_QUOTA,
                  CPU_SHARE,
                  PIDS_LIMIT),
              List.of(OciOptions.ID)));

  private UpdateCommand() {}
}
