package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.pool.PoolUse;
import java.util.List;

/** {@code pool}: machines that are ready before a container needs one. */
public final class PoolCommand {
  private static final int MOST = 256;

  /** What is done with the pool. */
  public enum Action {
    KEEP,
    STATUS;

    String word() {
      return switch (this) {
        case KEEP -> "keep";
        case STATUS -> "status";
      };
    }
  }

  public static final Option<Long> SIZE =
      Option.of(
          "size",
          "NUMBER",
          ValueType.integer(1, MOST),
          "How many machines to keep ready; 2 is usual");

  public static final Option<PoolUse> FOR =
      Option.of(
          "for",
          "WHO",
          ValueType.oneOf(List.of(PoolUse.values()), PoolUse::word),
          "Who takes them: engines, or run for the command run without a network");

  public static final Option<Boolean> JSON =
      Option.flag("json", "Print the status as a JSON array");

  public static final Argument<Action> ACTION =
      Argument.one("ACTION", ValueType.oneOf(List.of(Action.values()), Action::word), "What to do");

  public static final Command DEFINITION =
      Command.of(
              "pool",
              Commands.HOST_SECTION,
              "Keep machines ready, so that containers start at once",
              Usage.of(
                  List.of(SIZE, FOR, RunCommand.MEMORY, RunCommand.CPUS, JSON), List.of(ACTION)))
          .withDescription(
              """
              'keep' starts machines whose guests wait for a container, and another one whenever one
              is taken, until it gets a signal; those that are taken go on. A container takes one of
              its kind: for engines or for run, and of the size that its limits ask for, which
              --memory and --cpus name here. Several 'keep' may run, for several kinds. 'status'
              counts the machines that are ready.
              """)
          .withExamples(
              new Entry("bulkhead pool keep --size 4", "Four for containers of Docker and others"),
              new Entry(
                  "bulkhead pool keep --for run --memory 512m --cpus 1",
                  "For bulkhead run --memory 512m --cpus 1"),
              new Entry("bulkhead pool status --json", "For a script"));

  private PoolCommand() {}
}
