package dev.bulkhead.runtime.cli;

import java.util.List;
import java.util.Optional;

/**
 * One way to use a command. A command that has several (as {@code run IMAGE COMMAND…} and {@code
 * run --bundle DIR ID}) tells them apart by an option that only one of them has.
 *
 * @param selector the option that selects this way; empty for the way that is meant without it
 * @param options those that make sense here, the selector included
 * @param arguments in their order; only the last may take more than one word
 */
public record Usage(
    Optional<Option<?>> selector, List<Option<?>> options, List<Argument<?>> arguments) {
  public Usage {
    options = List.copyOf(options);
    arguments = List.copyOf(arguments);
    for (int i = 0; i < arguments.size() - 1; i++) {
      if (arguments.get(i).count() != Argument.Count.ONE) {
        throw new IllegalArgumentException(
            "argument " + arguments.get(i).name() + " stands before another");
      }
    }
    if (selector.isPresent() && !options.contains(selector.get())) {
      throw new IllegalArgumentException(
          "selector --" + selector.get().longName() + " is no option of its usage");
    }
  }

  /** The way that is meant without a selector. */
  public static Usage of(List<Option<?>> options, List<Argument<?>> arguments) {
    return new Usage(Optional.empty(), options, arguments);
  }

  /** The way that an option selects. */
  public static Usage selectedBy(
      Option<?> selector, List<Option<?>> options, List<Argument<?>> arguments) {
    return new Usage(Optional.of(selector), options, arguments);
  }

  /** Whether it ends with words that are taken as they are. */
  boolean takesRest() {
    return !arguments.isEmpty() && arguments.getLast().count() == Argument.Count.REST;
  }

  /** Options and arguments as they stand behind the command's name. */
  String synopsis(Program.Style style) {
    StringBuilder line = new StringBuilder();
    boolean others = selector.isPresent() ? options.size() > 1 : !options.isEmpty();
    if (others) {
      line.append(" [OPTIONS]");
    }
    if (selector.isPresent()) {
      Option<?> option = selector.get();
      line.append(' ').append(option.written(style));
      if (!option.isFlag()) {
        line.append(' ').append(option.valueName());
      }
    }
    for (Argument<?> argument : arguments) {
      line.append(' ').append(argument.synopsis());
    }
    return line.toString();
  }
}
