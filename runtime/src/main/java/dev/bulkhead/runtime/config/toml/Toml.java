package dev.bulkhead.runtime.config.toml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a TOML document. */
public final class Toml {
  /** Deeper nesting than anybody writes, and less than the stack takes. */
  private static final int MOST_DEPTH = 64;

  private final TomlScanner in;
  private final TomlStrings strings;
  private final Draft root = new Draft(Origin.HEADER, 1);
  private int depth;

  private Toml(String text) throws TomlException {
    this.in = new TomlScanner(text);
    this.strings = new TomlStrings(in);
  }

  /** What brought a table about; it decides what may still be added, and how. */
  private enum Origin {
    /** A header of its own, or of the document. */
    HEADER,
    /** The header of a table below it. */
    IMPLIED,
    /** A dotted key. */
    DOTTED,
    /** Braces, which close it for good. */
    INLINE
  }

  /** A table that is being filled. Its values are TomlValue, Draft or DraftArray. */
  private static final class Draft {
    private final Map<String, Object> entries = new LinkedHashMap<>();
    private final int line;
    private Origin origin;

    Draft(Origin origin, int line) {
      this.origin = origin;
      this.line = line;
    }

    TomlValue.Table finish() {
      Map<String, TomlValue> values = new LinkedHashMap<>();
      entries.forEach(
          (key, value) ->
              values.put(
                  key,
                  switch (value) {
                    case Draft table -> table.finish();
                    case DraftArray array -> array.finish();
                    default -> (TomlValue) value;
                  }));
      return new TomlValue.Table(values, line);
    }
  }

  /** An array of tables that is being filled. */
  private record DraftArray(List<Draft> tables, int line) {
    TomlValue.Array finish() {
      List<TomlValue> values = new ArrayList<>();
      tables.forEach(table -> values.add(table.finish()));
      return new TomlValue.Array(values, line);
    }
  }

  /**
   * Reads a document.
   *
   * @throws TomlException if it is none, or has dates or times
   */
  public static TomlValue.Table parse(String text) throws TomlException {
    return new Toml(text).parseDocument();
  }

  private TomlValue.Table parseDocument() throws TomlException {
    Draft current = root;
    in.skipSpace();
    while (in.peek() != TomlScanner.END) {
      if (in.peek() == '[') {
        current = parseHeader();
      } else {
        parseEntry(current);
      }
      in.endLine();
      in.skipSpace();
    }
    return root.finish();
  }

  private Draft parseHeader() throws TomlException {
    int line = in.line();
    boolean array = in.take("[[");
    if (!array) {
      in.next();
    }
    List<String> path = parseKey();
    if (!in.take(array ? "]]" : "]")) {
      throw in.error("the header of a table is not closed by " + (array ? "]]" : "]"));
    }
    Draft parent = root;
    for (String key : path.subList(0, path.size() - 1)) {
      parent = below(parent, key, path, line);
    }
    return array ? openArrayElement(parent, path, line) : openTable(parent, path, line);
  }

  /** The table that a header's key leads to on the way to its last. */
  private static Draft below(Draft parent, String key, List<String> path, int line)
      throws TomlException {
    Object existing = parent.entries.get(key);
    return switch (existing) {
      case null -> {
        Draft implied = new Draft(Origin.IMPLIED, line);
        parent.entries.put(key, implied);
        yield implied;
      }
      case Draft table when table.origin != Origin.INLINE -> table;
      case DraftArray array -> array.tables().getLast();
      default ->
          throw new TomlException(
              line, "[" + name(path) + "] is not possible, for '" + key + "' is no open table");
    };
  }

  private static Draft openTable(Draft parent, List<String> path, int line) throws TomlException {
    Object existing = parent.entries.get(path.getLast());
    if (existing instanceof Draft table && table.origin == Origin.IMPLIED) {
      table.origin = Origin.HEADER;
      return table;
    }
    if (existing != null) {
      throw new TomlException(line, "[" + name(path) + "] was there before");
    }
    Draft table = new Draft(Origin.HEADER, line);
    parent.entries.put(path.getLast(), table);
    return table;
  }

  private static Draft openArrayElement(Draft parent, List<String> path, int line)
      throws TomlException {
    Object existing =
        parent.entries.computeIfAbsent(
            path.getLast(), key -> new DraftArray(new ArrayList<>(), line));
    if (!(existing instanceof DraftArray array)) {
      throw new TomlException(line, "[[" + name(path) + "]] was there before as something else");
    }
    Draft element = new Draft(Origin.HEADER, line);
    array.tables().add(element);
    return element;
  }

  private void parseEntry(Draft table) throws TomlException {
    int line = in.line();
    List<String> path = parseKey();
    if (!in.take("=")) {
      throw new TomlException(line, "behind the key '" + name(path) + "' a '=' is missing");
    }
    in.skipBlanks();
    Draft parent = table;
    for (String key : path.subList(0, path.size() - 1)) {
      Object existing =
          parent.entries.computeIfAbsent(key, absent -> new Draft(Origin.DOTTED, line));
      if (!(existing instanceof Draft dotted) || dotted.origin != Origin.DOTTED) {
        throw new TomlException(
            line, "'" + name(path) + "' is not possible, for '" + key + "' was there before");
      }
      parent = dotted;
    }
    if (parent.entries.containsKey(path.getLast())) {
      throw new TomlException(line, "'" + name(path) + "' was there before");
    }
    parent.entries.put(path.getLast(), parseValue());
  }

  /** Reads a key with its dots, and the blanks behind it. */
  private List<String> parseKey() throws TomlException {
    List<String> parts = new ArrayList<>();
    do {
      in.skipBlanks();
      parts.add(parseSimpleKey());
      in.skipBlanks();
    } while (in.take("."));
    return parts;
  }

  private String parseSimpleKey() throws TomlException {
    if (in.peek() == '"' || in.peek() == '\'') {
      return strings.readSingleLine();
    }
    StringBuilder key = new StringBuilder();
    while (isBare(in.peek())) {
      key.append(in.next());
    }
    if (key.isEmpty()) {
      throw in.error(
          in.peek() == '\n' || in.peek() == TomlScanner.END
              ? "a key is missing at the line's end"
              : "'" + in.peek() + "' stands where a key should");
    }
    return key.toString();
  }

  private static boolean isBare(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  /** Reads a value: a Draft for an inline table, else a TomlValue. */
  private Object parseValue() throws TomlException {
    return switch (in.peek()) {
      case '"', '\'' -> {
        int line = in.line();
        yield new TomlValue.Text(strings.read(), line);
      }
      case '[' -> nested('[');
      case '{' -> nested('{');
      default -> parseWord();
    };
  }

  private Object nested(char opening) throws TomlException {
    if (++depth > MOST_DEPTH) {
      throw in.error("values are nested more than " + MOST_DEPTH + " deep");
    }
    Object value = opening == '[' ? parseArray() : parseInlineTable();
    depth--;
    return value;
  }

  private TomlValue.Array parseArray() throws TomlException {
    int line = in.line();
    in.next();
    List<TomlValue> values = new ArrayList<>();
    in.skipSpace();
    while (!in.take("]")) {
      Object value = parseValue();
      values.add(value instanceof Draft table ? table.finish() : (TomlValue) value);
      in.skipSpace();
      if (!in.take(",") && in.peek() != ']') {
        throw in.error("an array's values need ',' between them and ']' behind the last");
      }
      in.skipSpace();
    }
    return new TomlValue.Array(values, line);
  }

  private Draft parseInlineTable() throws TomlException {
    Draft table = new Draft(Origin.HEADER, in.line());
    in.next();
    in.skipBlanks();
    if (!in.take("}")) {
      do {
        parseEntry(table);
        in.skipBlanks();
      } while (in.take(","));
      if (!in.take("}")) {
        throw in.error("an inline table is not closed by } in its line");
      }
    }
    close(table);
    return table;
  }

  /** Nothing can be added any more to an inline table and those that its dotted keys made. */
  private static void close(Draft table) {
    table.origin = Origin.INLINE;
    for (Object value : table.entries.values()) {
      if (value instanceof Draft below) {
        close(below);
      }
    }
  }

  private TomlValue parseWord() throws TomlException {
    int line = in.line();
    StringBuilder word = new StringBuilder();
    while (isBare(in.peek()) || in.peek() == '+' || in.peek() == '.' || in.peek() == ':') {
      word.append(in.next());
    }
    return switch (word.toString()) {
      case "" ->
          throw in.error(
              in.peek() == '\n' || in.peek() == TomlScanner.END || in.peek() == '#'
                  ? "a value is missing"
                  : "'" + in.peek() + "' stands where a value should");
      case "true" -> new TomlValue.Truth(true, line);
      case "false" -> new TomlValue.Truth(false, line);
      default -> TomlNumbers.parse(word.toString(), line);
    };
  }

  private static String name(List<String> path) {
    return String.join(".", path);
  }
}
