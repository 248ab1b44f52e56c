package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code delete}: nothing is left of containers. */
public final class DeleteCommand {
  public static final Option<Boolean> FORCE =
      Option.flag("force", "Also if it runs, and succeed if it is gone already").withShort('f');

  public static final Command DEFINITION =
      Command.of(
          "delete",
          Commands.OCI_SECTION,
          "Delete containers that have stopped",
          Usage.of(List.of(FORCE), List.of(OciOptions.IDS)));

  private DeleteCommand() {}
}
