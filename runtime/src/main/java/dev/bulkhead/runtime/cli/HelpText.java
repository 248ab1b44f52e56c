package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;

/** What {@code --help} prints. */
final class HelpText {
  private static final int TERM_COLUMN = 2;
  private static final int TEXT_COLUMN = 26;

  private final StringBuilder out = new StringBuilder();
  private final Program.Style style;

  private HelpText(Program.Style style) {
    this.style = style;
  }

  /** About a program. */
  static String of(Program program) {
    HelpText help = new HelpText(program.style());
    help.out.append("Usage: ").append(program.name()).append(" [OPTIONS] COMMAND [ARGUMENT...]\n");
    help.paragraphs(program.summary() + ".\n\n" + program.description());
    help.commands(program.commands(), program.name());
    help.options("Options before the command", program.options());
    help.entries("Exit codes", program.exitCodes());
    return help.out.toString();
  }

  /** About the commands of a group. */
  static String of(Program program, String group) {
    HelpText help = new HelpText(program.style());
    String name = program.name() + " " + group;
    help.out.append("Usage: ").append(name).append(" COMMAND [ARGUMENT...]\n");
    help.commands(program.group(group), name);
    return help.out.toString();
  }

  /** About one command. */
  static String of(Program program, Command command) {
    HelpText help = new HelpText(program.style());
    String prefix = "Usage: ";
    for (Usage usage : command.usages()) {
      help.out.append(prefix).append(program.name()).append(' ').append(command.name());
      help.out.append(usage.synopsis(program.style())).append('\n');
      prefix = "       ";
    }
    help.paragraphs(command.summary() + ".\n\n" + command.description());
    help.arguments(command);
    help.options("Options", command.options());
    help.examples(command.examples());
    help.entries("Exit codes", command.exitCodes());
    if (!command.aliases().isEmpty()) {
      help.out.append("\nAlso called: ").append(String.join(", ", command.aliases())).append('\n');
    }
    return help.out.toString();
  }

  private void paragraphs(String text) {
    for (String paragraph : Paragraphs.of(text)) {
      out.append('\n');
      Paragraphs.wrap(out, paragraph, 0, 0);
    }
  }

  private void heading(String title) {
    out.append('\n').append(title).append(":\n");
  }

  private void entry(String term, String meaning) {
    out.append(" ".repeat(TERM_COLUMN)).append(term);
    // Two spaces keep a long term apart from its meaning.
    int column = TERM_COLUMN + term.length() + 2;
    if (column <= TEXT_COLUMN) {
      out.append("  ");
      Paragraphs.wrap(out, meaning, TEXT_COLUMN, column);
    } else {
      out.append('\n');
      Paragraphs.wrap(out, meaning, TEXT_COLUMN, 0);
    }
  }

  private void entries(String title, List<Entry> entries) {
    if (!entries.isEmpty()) {
      heading(title);
      for (Entry entry : entries) {
        entry(entry.term(), entry.meaning());
      }
    }
  }

  private void commands(List<Command> commands, String name) {
    List<String> sections = new ArrayList<>();
    for (Command command : commands) {
      if (!command.hidden() && !sections.contains(command.section())) {
        sections.add(command.section());
      }
    }
    for (String section : sections) {
      heading(section);
      for (Command command : commands) {
        if (!command.hidden() && command.section().equals(section)) {
          entry(command.name(), command.summary());
        }
      }
    }
    out.append("\n'").append(name).append(" COMMAND --help' tells more about a command.\n");
  }

  private void arguments(Command command) {
    List<String> told = new ArrayList<>();
    for (Usage usage : command.usages()) {
      for (Argument<?> argument : usage.arguments()) {
        if (!told.contains(argument.name())) {
          if (told.isEmpty()) {
            heading("Arguments");
          }
          told.add(argument.name());
          entry(argument.name(), argument.fullSummary());
        }
      }
    }
  }

  private void options(String title, List<Option<?>> options) {
    heading(title);
    for (Option<?> option : options) {
      if (!option.hidden()) {
        String value = option.isFlag() ? "" : " " + option.valueName();
        String more = option.repeatable() ? "; may be repeated" : "";
        entry(
            letter(option.shortName()) + option.written(style) + value,
            option.fullSummary() + more);
      }
    }
    boolean ownHelp = options.stream().anyMatch(option -> option.shortName() == 'h');
    Option<Boolean> help = Option.flag("help", "Print this text");
    entry(letter(ownHelp ? '\0' : 'h') + help.written(style), help.summary());
  }

  private String letter(char shortName) {
    return switch (style) {
      case GNU -> shortName == 0 ? "    " : "-" + shortName + ", ";
      case GO -> "";
    };
  }

  private void examples(List<Entry> examples) {
    if (!examples.isEmpty()) {
      heading("Examples");
      String separator = "";
      for (Entry example : examples) {
        out.append(separator);
        Paragraphs.wrap(out, example.meaning() + ":", TERM_COLUMN, 0);
        out.append(" ".repeat(2 * TERM_COLUMN)).append(example.term()).append('\n');
        separator = "\n";
      }
    }
  }
}
