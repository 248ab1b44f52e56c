package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code resume}: lets a paused container go on. */
public final class ResumeCommand {
  public static final Command DEFINITION =
      Command.of(
          "resume",
          Commands.OCI_SECTION,
          "Let the processes of a paused container go on",
          Usage.of(List.of(), List.of(OciOptions.ID)));

  private ResumeCommand() {}
}
