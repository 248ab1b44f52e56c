package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code spec}: a config.json to begin with. */
public final class SpecCommand {
  public static final Command DEFINITION =
      Command.of(
          "spec",
          Commands.OCI_SECTION,
          "Write a config.json to begin with into the bundle",
          Usage.of(List.of(OciOptions.BUNDLE), List.of()));

  private SpecCommand() {}
}
