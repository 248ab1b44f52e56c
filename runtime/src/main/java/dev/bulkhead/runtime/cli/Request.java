package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a command line asks for. */
public sealed interface Request {
  /**
   * Help about the program, a group of commands or one command.
   *
   * @param text ready to be printed
   */
  record Help(String text) implements Request {}

  /** Options of the program and no command. */
  record NoCommand(Values globals) implements Request {}

  /**
   * A command to be carried out.
   *
   * @param globals the program's options
   * @param command the one asked for
   * @param usage the way in which it is used
   * @param options the command's options
   * @param arguments the words for each argument by its name, none missing that must be there
   */
  record Invocation(
      Values globals,
      Command command,
      Usage usage,
      Values options,
      Map<String, List<String>> arguments)
      implements Request {
    public Invocation {
      arguments = Map.copyOf(arguments);
    }

    /** The words given for an argument, in their order. */
    public <T> List<T> all(Argument<T> argument) {
      List<T> values = new ArrayList<>();
      for (String word : arguments.getOrDefault(argument.name(), List.of())) {
        values.add(argument.type().parse(word));
      }
      return values;
    }

    /** The word given for an argument of at most one. */
    public <T> Optional<T> get(Argument<T> argument) {
      return all(argument).stream().findFirst();
    }
  }
}
