package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code pause}: stops all processes of a container where they are. */
public final class PauseCommand {
  public static final Command DEFINITION =
      Command.of(
          "pause",
          Commands.OCI_SECTION,
          "Stop all processes of a container where they are",
          Usage.of(List.of(), List.of(OciOptions.ID)));

  private PauseCommand() {}
}
