package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code env}: what this program works with. */
public final class EnvCommand {
  public static final Option<Boolean> JSON = Option.flag("json", "Print a JSON object, not TOML");

  public static final Command DEFINITION =
      Command.of(
              "env",
              Commands.HOST_SECTION,
              "Print configuration, versions and paths, of this program and of the host",
              Usage.of(List.of(JSON), List.of()))
          .withAliases("kata-env")
          .withDescription(
              """
              Put this into a report of a problem. Sections and keys are called as in Kata where they
              mean the same.
              """)
          .withExamples(
              new Entry("bulkhead env", "As TOML"),
              new Entry("bulkhead --config my.toml env --json", "With another configuration"));

  private EnvCommand() {}
}
