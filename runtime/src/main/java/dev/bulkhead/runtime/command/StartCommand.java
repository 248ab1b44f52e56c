package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code start}: lets created containers run. */
public final class StartCommand {
  public static final Command DEFINITION =
      Command.of(
          "start",
          Commands.OCI_SECTION,
          "Start the programs of created containers",
          Usage.of(List.of(), List.of(OciOptions.IDS)));

  private StartCommand() {}
}
