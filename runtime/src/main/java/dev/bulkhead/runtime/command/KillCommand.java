package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code kill}: a signal for a container. */
public final class KillCommand {
  public static final Option<Boolean> ALL =
      Option.flag("all", "Send it to every process of the container").withShort('a');

  public static final Argument<String> SIGNAL =
      Argument.optional(
          "SIGNAL", ValueType.TEXT, "A number, or a name with or without SIG; TERM without it");

  public static final Command DEFINITION =
      Command.of(
          "kill",
          Commands.OCI_SECTION,
          "Send a signal to the first process of a container",
          Usage.of(List.of(ALL), List.of(OciOptions.ID, SIGNAL)));

  private KillCommand() {}
}
