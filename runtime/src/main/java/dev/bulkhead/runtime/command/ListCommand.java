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

  /** Kata 1's, for columns that say which container runs an old kernel or image. */
  public static final Option<Boolean> KATA_ALL =
      Option.flag("kata-all", "Of Kata 1; refused").asHidden();

  public static final Command DEFINITION =
      Command.of(
          "list",
          Commands.OCI_SECTION,
          "List the containers below --root",
          Usage.of(List.of(FORMAT, QUIET, KATA_ALL), List.of()));

  private ListCommand() {}
}
