package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code state}: what is to know of a container. */
public final class StateCommand {
  public static final Command DEFINITION =
      Command.of(
          "state",
          Commands.OCI_SECTION,
          "Print the state of a container as JSON",
          Usage.of(List.of(), List.of(OciOptions.ID)));

  private StateCommand() {}
}
