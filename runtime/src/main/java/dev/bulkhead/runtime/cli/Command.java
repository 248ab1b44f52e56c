package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command of a program.
 *
 * @param name one word, or two with a space for a command of a group, as "direct-volume add"
 * @param aliases other names, of one word each
 * @param section the heading under which the program's help lists it
 * @param summary what it does, one sentence without a full stop
 * @param description the long text of help and manual: paragraphs with an empty line between them
 * @param usages the ways to use it, the one without a selector first
 * @param examples a command line and what it does
 * @param exitCodes what its exit codes mean, where they are not the program's usual ones
 * @param hidden whether help, manual and completion keep silent about it
 */
public record Command(
    String name,
    List<String> aliases,
    String section,
    String summary,
    String description,
    List<Usage> usages,
    List<Entry> examples,
    List<Entry> exitCodes,
    boolean hidden) {
  public Command {
    aliases = List.copyOf(aliases);
    usages = List.copyOf(usages);
    examples = List.copyOf(examples);
    exitCodes = List.copyOf(exitCodes);
  }

  /** A command with one way to use it, no examples and no text beyond its summary. */
  public static Command of(String name, String section, String summary, Usage... usages) {
    return new Command(
        name, List.of(), section, summary, "", List.of(usages), List.of(), List.of(), false);
  }

  public Command withAliases(String... names) {
    return new Command(
        name, List.of(names), section, summary, description, usages, examples, exitCodes, hidden);
  }

  public Command withDescription(String text) {
    return new Command(name, aliases, section, summary, text, usages, examples, exitCodes, hidden);
  }

  public Command withExamples(Entry... entries) {
    return new Command(
        name, aliases, section, summary, description, usages, List.of(entries), exitCodes, hidden);
  }

  public Command withExitCodes(Entry... entries) {
    return new Command(
        name, aliases, section, summary, description, usages, examples, List.of(entries), hidden);
  }

  public Command asHidden() {
    return new Command(
        name, aliases, section, summary, description, usages, examples, exitCodes, true);
  }

  /** All options of all ways to use it, each once, in the order of their definition. */
  List<Option<?>> options() {
    List<Option<?>> all = new ArrayList<>();
    for (Usage usage : usages) {
      for (Option<?> option : usage.options()) {
        if (!all.contains(option)) {
          all.add(option);
        }
      }
    }
    return all;
  }

  /** Whether options end at the first argument. */
  boolean takesRest() {
    return usages.stream().anyMatch(Usage::takesRest);
  }

  /** The first word of a name of two, if it has two. */
  Optional<String> group() {
    int space = name.indexOf(' ');
    return space < 0 ? Optional.empty() : Optional.of(name.substring(0, space));
  }

  boolean isCalled(String word) {
    return name.equals(word) || aliases.contains(word);
  }
}
