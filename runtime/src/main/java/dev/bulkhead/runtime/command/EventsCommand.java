package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code events}: what a container uses. */
public final class EventsCommand {
  public static final Option<Boolean> STATS = Option.flag("stats", "Print one line and end");

  public static final Option<Long> INTERVAL =
      Option.of("interval", "TIME", ValueType.DURATION, "Time between lines; 5s without it");

  public static final Command DEFINITION =
      Command.of(
          "events",
          Commands.OCI_SECTION,
          "Print what a container uses, as lines of JSON",
          Usage.of(List.of(STATS, INTERVAL), List.of(OciOptions.ID)));

  private EventsCommand() {}
}
