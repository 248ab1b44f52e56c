package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code features}: what this runtime can do. */
public final class FeaturesCommand {
  public static final Command DEFINITION =
      Command.of(
          "features",
          Commands.OCI_SECTION,
          "Print what this runtime can do, as JSON",
          Usage.of(List.of(), List.of()));

  private FeaturesCommand() {}
}
