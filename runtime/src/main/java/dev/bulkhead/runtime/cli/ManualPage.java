package dev.bulkhead.runtime.cli;

import java.util.List;
import java.util.Locale;

/** A program's manual page for man(1), in the roff language with the man macros, see man(7). */
public final class ManualPage {
  private final Program program;
  private final StringBuilder out = new StringBuilder();

  private ManualPage(Program program) {
    this.program = program;
  }

  /**
   * The page of section 1, with all commands.
   *
   * @param version stands in the footer
   */
  public static String of(Program program, String version) {
    return new ManualPage(program).write(version);
  }

  private String write(String version) {
    String footer = quoted(program.name() + " " + version);
    macro("TH", quoted(program.name().toUpperCase(Locale.ROOT)) + " 1 \"\" " + footer);
    // Ragged lines, no hyphenation: words to be typed must not be torn.
    macro("nh", "");
    macro("ad", "l");
    macro("SH", "NAME");
    line(escaped(program.name()) + " \\- " + escaped(program.summary()));
    macro("SH", "SYNOPSIS");
    line("\\fB" + escaped(program.name()) + "\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR");
    macro("SH", "DESCRIPTION");
    paragraphs(program.description());
    macro("SH", "OPTIONS");
    options(program.options());
    macro("SH", "COMMANDS");
    for (Command command : program.commands()) {
      if (!command.hidden()) {
        command(command);
      }
    }
    entries("EXIT STATUS", program.exitCodes());
    entries("ENVIRONMENT", program.environment());
    entries("FILES", program.files());
    if (!program.seeAlso().isEmpty()) {
      macro("SH", "SEE ALSO");
      line(escaped(String.join(", ", program.seeAlso())));
    }
    return out.toString();
  }

  private void command(Command command) {
    macro("SS", quoted(command.name()));
    for (Usage usage : command.usages()) {
      line(
          "\\fB"
              + escaped(program.name() + " " + command.name())
              + "\\fR"
              + escaped(usage.synopsis(program.style())));
      macro("PP", "");
    }
    paragraphs(command.summary() + ".\n\n" + command.description());
    options(command.options());
    if (!command.exitCodes().isEmpty()) {
      macro("PP", "");
      line("Exit codes:");
      command.exitCodes().forEach(this::entry);
    }
    for (Entry example : command.examples()) {
      macro("PP", "");
      line(escaped(example.meaning() + ":"));
      macro("PP", "");
      macro("RS", "4");
      macro("nf", "");
      line("\\fB" + escaped(example.term()) + "\\fR");
      macro("fi", "");
      macro("RE", "");
    }
  }

  private void options(List<Option<?>> options) {
    for (Option<?> option : options) {
      if (!option.hidden()) {
        macro("TP", "");
        StringBuilder term = new StringBuilder();
        if (option.shortName() != 0 && program.style() == Program.Style.GNU) {
          term.append("\\fB").append(escaped("-" + option.shortName())).append("\\fR, ");
        }
        term.append("\\fB").append(escaped(option.written(program.style()))).append("\\fR");
        if (!option.isFlag()) {
          term.append(" \\fI").append(escaped(option.valueName())).append("\\fR");
        }
        line(term.toString());
        String more = option.repeatable() ? "; may be repeated." : ".";
        line(escaped(option.fullSummary() + more));
      }
    }
  }

  private void entries(String title, List<Entry> entries) {
    if (!entries.isEmpty()) {
      macro("SH", title);
      entries.forEach(this::entry);
    }
  }

  private void entry(Entry entry) {
    macro("TP", "");
    line("\\fB" + escaped(entry.term()) + "\\fR");
    line(escaped(entry.meaning() + (entry.meaning().endsWith(".") ? "" : ".")));
  }

  private void paragraphs(String text) {
    String separator = null;
    for (String paragraph : Paragraphs.of(text)) {
      if (separator != null) {
        macro(separator, "");
      }
      line(escaped(paragraph));
      separator = "PP";
    }
  }

  private void macro(String name, String arguments) {
    out.append('.').append(name);
    if (!arguments.isEmpty()) {
      out.append(' ').append(arguments);
    }
    out.append('\n');
  }

  /** A line of text; a dot or quote that begins it is no request. */
  private void line(String escaped) {
    boolean control = escaped.startsWith(".") || escaped.startsWith("'");
    out.append(control ? "\\&" : "").append(escaped).append('\n');
  }

  private static String quoted(String text) {
    return '"' + escaped(text).replace("\"", "\\(dq") + '"';
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> escaped.append("\\e");
        case '-' -> escaped.append("\\-");
        case '\'' -> escaped.append("\\(aq");
        case '`' -> escaped.append("\\(ga");
        case '^' -> escaped.append("\\(ha");
        case '~' -> escaped.append("\\(ti");
        case '\n' -> escaped.append(' ');
        default -> escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
