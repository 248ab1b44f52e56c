package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code list}: all containers. */
public final class ListCommand {
  public static final Option<String> FORMAT =
      Option.of("format", "FORMAT", ValueType.oneOf("table", "json"), "How to print the list")
          .withShort('f');

  public static final Option<Boolean> QUIET =
      Option.flag("quiet", "Print the ids only").withShort('q');

  public static final Command DEFINITION =
      Command.of(
          "list",
          Commands.OCI_SECTION,
          "List the containers below --root",
          Usage.of(List.of(FORMAT, QUIET), List.of()));

  private ListCommand() {}
}
