package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.Toml;
import dev.bulkhead.runtime.config.toml.TomlException;
import dev.bulkhead.runtime.config.toml.TomlValue;
import dev.bulkhead.runtime.config.toml.TomlWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The text of a TOML document that is changed line by line while every other line stays as somebody
 * wrote it. Each change is read again: one that would mean more or less than it should is refused.
 */
final class TomlText {
  private static final String BEGIN = "# Begin of ";
  private static final String END = "# End of ";

  private final String file;
  private final String text;
  private final TomlValue.Table value;

  private TomlText(String file, String text, TomlValue.Table value) {
    this.file = file;
    this.text = text;
    this.value = value;
  }

  /**
   * Reads a text.
   *
   * @param file what messages call it
   * @throws SettingsException with file and line if it is no TOML
   */
  static TomlText of(String file, String text) {
    try {
      return new TomlText(file, text, Toml.parse(text));
    } catch (TomlException e) {
      throw new SettingsException(
          file + ":" + e.line() + ": this is no TOML: " + e.getMessage(), e);
    }
  }

  String text() {
    return text;
  }

  /** What is at a path of keys, if anything. */
  Optional<TomlValue> at(List<String> path) {
    TomlValue current = value;
    for (String key : path) {
      if (!(current instanceof TomlValue.Table table) || !table.entries().containsKey(key)) {
        return Optional.empty();
      }
      current = table.entries().get(key);
    }
    return Optional.of(current);
  }

  /** The string at a path of keys, if there is one. */
  Optional<String> string(List<String> path) {
    return at(path)
        .filter(TomlValue.Text.class::isInstance)
        .map(some -> ((TomlValue.Text) some).value());
  }

  /** Whether it has a block of this title. */
  boolean hasBlock(String title) {
    return LineDifference.lines(text).contains(BEGIN + title + "\n");
  }

  /** The header of a table. */
  static String header(List<String> path) {
    StringBuilder header = new StringBuilder("[");
    for (String key : path) {
      header.append(header.length() == 1 ? "" : ".");
      header.append(isBare(key) ? key : TomlWriter.quoted(key));
    }
    return header.append("]\n").toString();
  }

  private static boolean isBare(String key) {
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (!(Character.isLetterOrDigit(c) && c < 128) && c != '-' && c != '_') {
        return false;
      }
    }
    return !key.isEmpty();
  }

  /** The text with tables at its end, between two lines that tell whose they are. */
  TomlText withBlock(String title, String tables) {
    String ended = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
    return of(
        file,
        ended + (ended.isEmpty() ? "" : "\n") + BEGIN + title + "\n" + tables + END + title + "\n");
  }

  /** The text without a block, if it is there, and without the empty line above it. */
  TomlText withoutBlock(String title) {
    List<String> lines = LineDifference.lines(text);
    int begin = lines.indexOf(BEGIN + title + "\n");
    int end = lines.indexOf(END + title + "\n");
    if (begin < 0 || end < begin) {
      return this;
    }
    int start = begin > 0 && lines.get(begin - 1).equals("\n") ? begin - 1 : begin;
    lines.subList(start, end + 1).clear();
    return of(file, String.join("", lines));
  }

  /**
   * The text with a string set in a table.
   *
   * @param title of the block that it gets where the table is not there, or has no place for it
   */
  TomlText with(List<String> table, String key, String string, String title) {
    Map<String, Object> meant = plain(value);
    put(meant, table, key, string);
    String entry = key + " = " + TomlWriter.quoted(string) + "\n";
    List<String> path = new ArrayList<>(table);
    path.add(key);
    Optional<TomlValue> present = at(path);
    if (present.isPresent()) {
      int line = present.get().line() - 1;
      String former = string(path).map(TomlWriter::quoted).orElse("");
      String kept = LineDifference.lines(text).get(line).replace(former, TomlWriter.quoted(string));
      return replaced(line, line + 1, kept)
          .filter(changed -> plain(changed.value).equals(meant))
          .orElseThrow(() -> notPossible(path, present.get().line()));
    }
    Optional<TomlValue> parent = at(table);
    if (parent.isPresent()) {
      int line = parent.get().line();
      String indent = indent(LineDifference.lines(text).get(line - 1)) + "  ";
      Optional<TomlText> inserted =
          replaced(line, line, indent + entry)
              .filter(changed -> plain(changed.value).equals(meant));
      if (inserted.isPresent()) {
        return inserted.get();
      }
    }
    return withBlock(title, header(table) + "  " + entry);
  }

  /** The text without a string that stands in a line of its own. */
  TomlText without(List<String> table, String key) {
    List<String> path = new ArrayList<>(table);
    path.add(key);
    Map<String, Object> meant = plain(value);
    put(meant, table, key, null);
    int line = at(path).orElseThrow().line();
    return replaced(line - 1, line, "")
        .filter(changed -> plain(changed.value).equals(meant))
        .orElseThrow(() -> notPossible(path, line));
  }

  private SettingsException notPossible(List<String> path, int line) {
    return new SettingsException(
        file
            + ":"
            + line
            + ": '"
            + String.join(".", path)
            + "' does not stand in a line of its own; change it yourself");
  }

  private static String indent(String line) {
    int end = 0;
    while (end < line.length() && (line.charAt(end) == ' ' || line.charAt(end) == '\t')) {
      end++;
    }
    return line.substring(0, end);
  }

  /** With other lines, if that is TOML. */
  private Optional<TomlText> replaced(int from, int to, String by) {
    List<String> lines = LineDifference.lines(text);
    lines.subList(from, to).clear();
    lines.add(from, by);
    String changed = String.join("", lines);
    try {
      return Optional.of(new TomlText(file, changed, Toml.parse(changed)));
    } catch (TomlException e) {
      return Optional.empty();
    }
  }

  private static Map<String, Object> plain(TomlValue.Table table) {
    Map<String, Object> map = new LinkedHashMap<>();
    table.entries().forEach((key, entry) -> map.put(key, plain(entry)));
    return map;
  }

  private static Object plain(TomlValue value) {
    return switch (value) {
      case TomlValue.Text text -> text.value();
      case TomlValue.Whole whole -> whole.value();
      case TomlValue.Real real -> real.value();
      case TomlValue.Truth truth -> truth.value();
      case TomlValue.Array array -> array.values().stream().map(TomlText::plain).toList();
      case TomlValue.Table table -> plain(table);
    };
  }

  /** Sets an entry of what {@link #plain} made, or removes it if it is null. */
  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> map, List<String> table, String key, Object entry) {
    Map<String, Object> current = map;
    for (String part : table) {
      Object next = current.computeIfAbsent(part, absent -> new LinkedHashMap<String, Object>());
      if (!(next instanceof Map)) {
        throw new SettingsException("'" + String.join(".", table) + "' is no table");
      }
      current = (Map<String, Object>) next;
    }
    if (entry == null) {
      current.remove(key);
    } else {
      current.put(key, entry);
    }
  }
}
