package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a shell may offer for the last word of an unfinished command line.
 *
 * @param completes whether names of files or directories fit too
 * @param candidates the words that fit, and what they mean
 */
public record Completion(Completes completes, List<Entry> candidates) {
  public Completion {
    candidates = List.copyOf(candidates);
  }

  /**
   * Completes a command line.
   *
   * @param words those behind the program's name up to the cursor; the last is the one to complete
   *     and may be empty
   */
  public static Completion of(Program program, List<String> words) {
    return words.isEmpty() ? nothing() : new Walk(program, words).complete();
  }

  private static Completion nothing() {
    return new Completion(Completes.NOTHING, List.of());
  }

  /**
   * For a completion script: in the first line "none", "file" or "directory", then a candidate per
   * line, behind a tab what it means.
   */
  public String lines() {
    StringBuilder lines = new StringBuilder(completes.word()).append('\n');
    for (Entry candidate : candidates) {
      lines.append(candidate.term()).append('\t').append(candidate.meaning()).append('\n');
    }
    return lines.toString();
  }

  /** The way through the finished words to the last; it forgives what a parser would not. */
  private static final class Walk {
    private final Program program;
    private final List<String> words;
    private final String current;
    private List<Option<?>> options;
    private String group = "";
    private Command command;
    private int arguments;
    private boolean optionsEnded;
    private Option<?> waitsForValue;
    private final List<Option<?>> given = new ArrayList<>();

    Walk(Program program, List<String> words) {
      this.program = program;
      this.words = words;
      this.current = words.getLast();
      this.options = program.options();
    }

    Completion complete() {
      for (String word : words.subList(0, words.size() - 1)) {
        step(word);
      }
      if (waitsForValue != null) {
        return values(waitsForValue.type(), "");
      }
      if (current.startsWith("-") && !optionsEnded) {
        return option();
      }
      return command == null ? commands() : argument();
    }

    private void step(String word) {
      if (waitsForValue != null) {
        waitsForValue = null;
      } else if (!optionsEnded && word.equals("--")) {
        optionsEnded = command != null;
      } else if (!optionsEnded && word.startsWith("-") && word.length() > 1) {
        waitsForValue = meet(word);
      } else if (command == null) {
        enter(word);
      } else {
        arguments++;
        optionsEnded |= command.takesRest() || program.style() == Program.Style.GO;
      }
    }

    private void enter(String word) {
      if (group.isEmpty() && !program.group(word).isEmpty()) {
        group = word + " ";
        return;
      }
      Optional<Command> entered = program.command(group + word);
      if (entered.isPresent()) {
        command = entered.get();
        options = command.options();
      }
    }

    /** Takes note of an option and answers the one whose value is the next word, or null. */
    private Option<?> meet(String word) {
      if (word.startsWith("--") || program.style() == Program.Style.GO) {
        int equals = word.indexOf('=');
        String name =
            word.substring(word.startsWith("--") ? 2 : 1, equals < 0 ? word.length() : equals);
        Optional<Option<?>> option = find(name);
        option.ifPresent(given::add);
        return option.filter(found -> equals < 0 && !found.isFlag()).orElse(null);
      }
      for (int i = 1; i < word.length(); i++) {
        char letter = word.charAt(i);
        for (Option<?> option : options) {
          if (option.shortName() == letter) {
            given.add(option);
            if (!option.isFlag()) {
              return i == word.length() - 1 ? option : null;
            }
          }
        }
      }
      return null;
    }

    private Optional<Option<?>> find(String name) {
      return options.stream().filter(option -> option.longName().equals(name)).findFirst();
    }

    private Completion option() {
      int equals = current.indexOf('=');
      if (equals > 0) {
        String name = current.substring(current.startsWith("--") ? 2 : 1, equals);
        Optional<Option<?>> option = find(name);
        return option.isEmpty()
            ? nothing()
            : values(option.get().type(), current.substring(0, equals + 1));
      }
      List<Entry> candidates = new ArrayList<>();
      for (Option<?> option : options) {
        if (!option.hidden()) {
          offer(candidates, option.written(program.style()), option.summary());
        }
      }
      offer(candidates, Option.flag("help", "").written(program.style()), "Print help");
      return new Completion(Completes.NOTHING, candidates);
    }

    private Completion commands() {
      List<Entry> candidates = new ArrayList<>();
      for (Command candidate : program.commands()) {
        if (!candidate.hidden() && candidate.name().startsWith(group)) {
          String rest = candidate.name().substring(group.length());
          int space = rest.indexOf(' ');
          if (space < 0) {
            offer(candidates, rest, candidate.summary());
          } else if (program.group(rest.substring(0, space)).getFirst().equals(candidate)) {
            offer(candidates, rest.substring(0, space), candidate.section());
          }
        }
      }
      return new Completion(Completes.NOTHING, candidates);
    }

    private Completion argument() {
      Usage selected = command.usages().getFirst();
      for (Usage usage : command.usages()) {
        if (usage.selector().isPresent() && given.contains(usage.selector().get())) {
          selected = usage;
        }
      }
      Argument<?> argument = at(selected, arguments);
      return argument == null ? nothing() : values(argument.type(), "");
    }

    private static Argument<?> at(Usage usage, int index) {
      List<Argument<?>> all = usage.arguments();
      if (index < all.size()) {
        return all.get(index);
      }
      boolean more =
          !all.isEmpty()
              && (all.getLast().count() == Argument.Count.ONE_OR_MORE
                  || all.getLast().count() == Argument.Count.REST);
      return more ? all.getLast() : null;
    }

    private Completion values(ValueType<?> type, String prefix) {
      List<Entry> candidates = new ArrayList<>();
      for (String choice : type.choices()) {
        offer(candidates, prefix + choice, "");
      }
      return new Completion(type.completes(), candidates);
    }

    private void offer(List<Entry> candidates, String term, String meaning) {
      if (term.startsWith(current)) {
        candidates.add(new Entry(term, meaning));
      }
    }
  }
}
