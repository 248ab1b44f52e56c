package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code template}: the saved machines that others are clones of. */
public final class TemplateCommand {
  /** What is done with templates. */
  public enum Action {
    STATUS,
    CREATE,
    REMOVE;

    String word() {
      return switch (this) {
        case STATUS -> "status";
        case CREATE -> "create";
        case REMOVE -> "remove";
      };
    }
  }

  public static final Option<Boolean> JSON = Option.flag("json", "Print a JSON array");

  public static final Argument<Action> ACTION =
      Argument.one("ACTION", ValueType.oneOf(List.of(Action.values()), Action::word), "What to do");

  public static final Command DEFINITION =
      Command.of(
              "template",
              Commands.HOST_SECTION,
              "Show, make or remove the saved machines that others are clones of",
              Usage.of(List.of(JSON), List.of(ACTION)))
          .withDescription(
              """
              The first machine of its kind is saved when its agent has come up, and the next ones
              begin as copy-on-write clones of it. 'create' makes the templates for containers
              without limits, of run and of engines, before the first of them; 'remove' removes
              all, whose clones go on; 'status' lists them. See template_path and template_limit in
              configuration.toml.
              """)
          .withExamples(
              new Entry("bulkhead template create", "Let the first container start fast too"),
              new Entry("bulkhead template status --json", "For a script"));

  private TemplateCommand() {}
}
