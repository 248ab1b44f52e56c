package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Shell;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code completion}: the script by which a shell completes command lines. */
final class CompletionCommand {
  static final Argument<Shell> SHELL =
      Argument.one(
          "SHELL", ValueType.oneOf(List.of(Shell.values()), Shell::shellName), "Whose script");

  static final Command DEFINITION =
      Command.of(
              "completion",
              Commands.ABOUT_SECTION,
              "Print a script with which a shell completes this program's command lines",
              Usage.of(List.of(), List.of(SHELL)))
          .withExamples(
              new Entry("source <(bulkhead completion bash)", "In this bash"),
              new Entry(
                  "bulkhead completion zsh >/usr/local/share/zsh/site-functions/_bulkhead",
                  "In every zsh"),
              new Entry("bulkhead completion fish | source", "In this fish"));

  static final Argument<String> WORDS = Argument.rest("WORD", "The words up to the cursor");

  /** What the scripts ask. */
  static final Command QUESTION =
      Command.of(
              Shell.QUESTION,
              Commands.ABOUT_SECTION,
              "Answer a completion script",
              Usage.of(List.of(), List.of(WORDS)))
          .asHidden();

  private CompletionCommand() {}
}
