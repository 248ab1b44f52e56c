package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Program;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.UsageException;
import java.util.ArrayList;
import java.util.List;

/** {@code help}: what {@code --help} tells, for whom a word comes easier. */
public final class HelpCommand {
  private static final Argument<String> COMMAND = Argument.rest("COMMAND", "The command");

  static final Command DEFINITION =
      Command.of(
          "help",
          Commands.ABOUT_SECTION,
          "Print help about the program or a command",
          Usage.of(List.of(), List.of(COMMAND)));

  private HelpCommand() {}

  /** The text that the invocation asks for. */
  public static String text(Program program, Request.Invocation invocation) throws UsageException {
    List<String> words = new ArrayList<>(invocation.all(COMMAND));
    words.add("--help");
    return switch (program.parse(words)) {
      case Request.Help help -> help.text();
      case Request.NoCommand noCommand -> throw new IllegalStateException(noCommand.toString());
      // A command that takes words as they are swallowed the question.
      case Request.Invocation other ->
          throw new UsageException(
              "'" + other.command().name() + "' takes no arguments here; see 'bulkhead --help'");
    };
  }
}
