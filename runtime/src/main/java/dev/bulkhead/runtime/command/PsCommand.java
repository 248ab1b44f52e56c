package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code ps}: the processes of a container. */
public final class PsCommand {
  public static final Option<String> FORMAT =
      Option.of("format", "FORMAT", ValueType.oneOf("table", "json"), "How to print the list")
          .withShort('f');

  public static final Argument<String> ARGUMENTS =
      Argument.rest("PS-ARGUMENT", "Arguments for the host's ps; -ef without them");

  public static final Command DEFINITION =
      Command.of(
          "ps",
          Commands.OCI_SECTION,
          "List the processes of a container",
          Usage.of(List.of(FORMAT), List.of(OciOptions.ID, ARGUMENTS)));

  private PsCommand() {}
}
