package dev.bulkhead.runtime.cli;

import dev.bulkhead.runtime.cli.Request.Invocation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads one command line by a program's definition. */
final class Parser {
  private final Program program;
  private final List<String> words;
  private int position;

  Parser(Program program, List<String> words) {
    this.program = program;
    this.words = List.copyOf(words);
  }

  /** Options of a level (the program's or a command's) as they are met. */
  private final class Level {
    private final String name;
    private final List<Option<?>> options;
    private final Map<String, List<String>> texts = new HashMap<>();
    private boolean helpWanted;

    Level(String name, List<Option<?>> options) {
      this.name = name;
      this.options = options;
    }

    /** Whether the word at the position is an option; "-" is a word, as for standard input. */
    boolean atOption() {
      return words.get(position).startsWith("-") && words.get(position).length() > 1;
    }

    void takeOption() throws UsageException {
      String word = words.get(position++);
      if (word.startsWith("--") || program.style() == Program.Style.GO) {
        takeLong(word, word.startsWith("--") ? 2 : 1);
      } else {
        takeLetters(word);
      }
    }

    private void takeLong(String word, int dashes) throws UsageException {
      int equals = word.indexOf('=');
      String longName = word.substring(dashes, equals < 0 ? word.length() : equals);
      Optional<Option<?>> option =
          options.stream().filter(candidate -> candidate.longName().equals(longName)).findFirst();
      if (option.isEmpty()) {
        boolean shortHelp = dashes == 1 && longName.equals("h");
        if (equals < 0 && (longName.equals("help") || shortHelp)) {
          helpWanted = true;
          return;
        }
        throw unknownLong(word.substring(0, dashes), longName);
      }
      String shown = word.substring(0, dashes) + longName;
      if (equals >= 0) {
        add(option.get(), shown, word.substring(equals + 1));
      } else if (option.get().isFlag()) {
        add(option.get(), shown, "true");
      } else {
        add(option.get(), shown, nextWord(shown));
      }
    }

    private void takeLetters(String word) throws UsageException {
      for (int i = 1; i < word.length(); i++) {
        char letter = word.charAt(i);
        String shown = "-" + letter;
        Optional<Option<?>> option =
            options.stream().filter(candidate -> candidate.shortName() == letter).findFirst();
        if (option.isEmpty()) {
          if (letter == 'h') {
            helpWanted = true;
            continue;
          }
          throw error("unknown option '" + shown + "' of '" + name + "'" + inBundle(word));
        }
        String attached = word.substring(i + 1);
        if (option.get().isFlag()) {
          if (attached.startsWith("=")) {
            add(option.get(), shown, attached.substring(1));
            return;
          }
          add(option.get(), shown, "true");
        } else {
          String value = attached.isEmpty() ? nextWord(shown) : attached;
          boolean equals = !attached.isEmpty() && attached.startsWith("=");
          add(option.get(), shown, equals ? value.substring(1) : value);
          return;
        }
      }
    }

    private static String inBundle(String word) {
      return word.length() > 2 ? " (in '" + word + "')" : "";
    }

    private String nextWord(String shown) throws UsageException {
      if (position == words.size()) {
        throw error("option '" + shown + "' of '" + name + "' needs a value");
      }
      return words.get(position++);
    }

    private void add(Option<?> option, String shown, String text) throws UsageException {
      try {
        Object unused = option.type().parse(text);
      } catch (IllegalArgumentException e) {
        throw new UsageException("option '" + shown + "' of '" + name + "': " + e.getMessage(), e);
      }
      List<String> given = texts.computeIfAbsent(option.longName(), key -> new ArrayList<>());
      if (!option.repeatable()) {
        given.clear();
      }
      given.add(text);
    }

    private UsageException unknownLong(String dashes, String longName) {
      String message = "unknown option '" + dashes + longName + "' of '" + name + "'";
      boolean global =
          !name.equals(program.name())
              && program.options().stream().anyMatch(o -> o.longName().equals(longName));
      if (global) {
        return error(message + ": it is one of " + program.name() + " itself, so put it before");
      }
      List<String> names =
          options.stream().filter(option -> !option.hidden()).map(Option::longName).toList();
      String hint =
          Spelling.nearest(longName, names)
              .map(nearest -> " (did you mean '" + dashes + nearest + "'?)")
              .orElse("");
      return error(message + hint);
    }

    UsageException error(String message) {
      return new UsageException(message + "; see '" + name + " --help'");
    }

    Values values() {
      Map<String, List<String>> copy = new HashMap<>();
      texts.forEach((key, list) -> copy.put(key, List.copyOf(list)));
      return new Values(copy);
    }
  }

  Request parse() throws UsageException {
    Level globals = new Level(program.name(), program.options());
    while (position < words.size() && globals.atOption() && !words.get(position).equals("--")) {
      globals.takeOption();
    }
    if (globals.helpWanted) {
      return new Request.Help(HelpText.of(program));
    }
    if (position < words.size() && words.get(position).equals("--")) {
      position++;
    }
    if (position == words.size()) {
      return new Request.NoCommand(globals.values());
    }
    String first = words.get(position++);
    List<Command> group = program.group(first);
    if (!group.isEmpty()) {
      return parseGroup(globals, first, group);
    }
    Optional<Command> command = program.command(first);
    if (command.isEmpty()) {
      throw unknownCommand(globals, first, program.firstWords());
    }
    return parseCommand(globals.values(), command.get());
  }

  private Request parseGroup(Level globals, String first, List<Command> group)
      throws UsageException {
    Level level = new Level(program.name() + " " + first, List.of());
    while (position < words.size() && level.atOption()) {
      level.takeOption();
    }
    if (level.helpWanted) {
      return new Request.Help(HelpText.of(program, first));
    }
    List<String> seconds = new ArrayList<>();
    for (Command command : group) {
      seconds.add(command.name().substring(first.length() + 1));
    }
    if (position == words.size()) {
      throw level.error("'" + level.name + "' needs one of " + String.join(", ", seconds));
    }
    String second = words.get(position++);
    Optional<Command> command = program.command(first + " " + second);
    if (command.isEmpty()) {
      throw unknownCommand(level, second, seconds);
    }
    return parseCommand(globals.values(), command.get());
  }

  private static UsageException unknownCommand(Level level, String word, List<String> known) {
    String hint =
        Spelling.nearest(word, known)
            .map(nearest -> " (did you mean '" + nearest + "'?)")
            .orElse("");
    return level.error("unknown command '" + word + "' of '" + level.name + "'" + hint);
  }

  private Request parseCommand(Values globals, Command command) throws UsageException {
    Level level = new Level(program.name() + " " + command.name(), command.options());
    boolean inOrder = command.takesRest() || program.style() == Program.Style.GO;
    List<String> arguments = new ArrayList<>();
    boolean optionsEnded = false;
    while (position < words.size()) {
      if (!optionsEnded && level.atOption()) {
        if (words.get(position).equals("--")) {
          position++;
          optionsEnded = true;
        } else {
          level.takeOption();
        }
      } else {
        arguments.add(words.get(position++));
        optionsEnded |= inOrder;
      }
    }
    if (level.helpWanted) {
      return new Request.Help(HelpText.of(program, command));
    }
    Values options = level.values();
    Usage usage = select(command, level, options);
    return new Invocation(globals, command, usage, options, assign(level, usage, arguments));
  }

  private Usage select(Command command, Level level, Values options) throws UsageException {
    Usage selected = null;
    for (Usage usage : command.usages()) {
      boolean wanted = usage.selector().isEmpty() || options.has(usage.selector().get());
      // One that an option selects goes before the one that is meant without any.
      if (wanted && (selected == null || usage.selector().isPresent())) {
        selected = usage;
      }
    }
    if (selected == null) {
      throw level.error("'" + level.name + "' is not used like this");
    }
    for (Option<?> option : command.options()) {
      if (options.has(option) && !selected.options().contains(option)) {
        throw level.error(
            "option '"
                + option.written(program.style())
                + "' of '"
                + level.name
                + "' does not go with '"
                + level.name
                + selected.synopsis(program.style())
                + "'");
      }
    }
    return selected;
  }

  private static Map<String, List<String>> assign(Level level, Usage usage, List<String> given)
      throws UsageException {
    Map<String, List<String>> assigned = new HashMap<>();
    int next = 0;
    for (Argument<?> argument : usage.arguments()) {
      boolean needed =
          switch (argument.count()) {
            case ONE, ONE_OR_MORE -> true;
            case OPTIONAL, REST -> false;
          };
      if (needed && next == given.size()) {
        throw level.error("'" + level.name + "' needs " + argument.name());
      }
      int end =
          switch (argument.count()) {
            case ONE, OPTIONAL -> Math.min(next + 1, given.size());
            case ONE_OR_MORE, REST -> given.size();
          };
      List<String> own = List.copyOf(given.subList(next, end));
      for (String word : own) {
        try {
          Object unused = argument.type().parse(word);
        } catch (IllegalArgumentException e) {
          throw new UsageException(
              argument.name() + " of '" + level.name + "': " + e.getMessage(), e);
        }
      }
      assigned.put(argument.name(), own);
      next = end;
    }
    if (next < given.size()) {
      throw level.error("'" + level.name + "' has no use for '" + given.get(next) + "'");
    }
    return assigned;
  }
}
