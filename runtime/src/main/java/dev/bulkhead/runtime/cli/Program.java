package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program's command line, whole.
 *
 * @param name as users call it and messages name it
 * @param summary what it is, one sentence without a full stop
 * @param description the long text of help and manual: paragraphs with an empty line between them
 * @param style how options are written
 * @param options those that stand before the command
 * @param commands in the order of help
 * @param exitCodes what the exit codes mean
 * @param environment the variables that it heeds
 * @param files the files that it reads and writes
 * @param seeAlso manual pages, as "runc(8)"
 */
public record Program(
    String name,
    String summary,
    String description,
    Style style,
    List<Option<?>> options,
    List<Command> commands,
    List<Entry> exitCodes,
    List<Entry> environment,
    List<Entry> files,
    List<String> seeAlso) {
  /** How options are written. */
  public enum Style {
    /** {@code --long VALUE}, {@code --long=VALUE}, {@code -s VALUE}, {@code -abc}. */
    GNU,
    /** Go's flag package: {@code -long VALUE} or {@code --long=VALUE}, no letters to bundle. */
    GO
  }

  public Program {
    options = List.copyOf(options);
    commands = List.copyOf(commands);
    exitCodes = List.copyOf(exitCodes);
    environment = List.copyOf(environment);
    files = List.copyOf(files);
    seeAlso = List.copyOf(seeAlso);
  }

  /** The same program called by another name. */
  public Program withName(String newName) {
    return new Program(
        newName,
        summary,
        description,
        style,
        options,
        commands,
        exitCodes,
        environment,
        files,
        seeAlso);
  }

  /**
   * Reads a command line.
   *
   * @param words without the program's name
   * @throws UsageException if it makes no sense; the message says what to do
   */
  public Request parse(List<String> words) throws UsageException {
    return new Parser(this, words).parse();
  }

  /** The command of this name or alias, if there is one. */
  public Optional<Command> command(String commandName) {
    return commands.stream().filter(command -> command.isCalled(commandName)).findFirst();
  }

  /** The commands of a group: those with two words to their name of which this is the first. */
  List<Command> group(String word) {
    return commands.stream()
        .filter(command -> command.group().filter(word::equals).isPresent())
        .toList();
  }

  /** The first words of all commands and their aliases, without the hidden ones. */
  List<String> firstWords() {
    List<String> words = new ArrayList<>();
    for (Command command : commands) {
      String word = command.group().orElse(command.name());
      if (!command.hidden() && !words.contains(word)) {
        words.add(word);
        words.addAll(command.aliases());
      }
    }
    return words;
  }
}
