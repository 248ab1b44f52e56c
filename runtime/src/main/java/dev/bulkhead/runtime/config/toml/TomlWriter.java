package dev.bulkhead.runtime.config.toml;

import java.util.List;
import java.util.Map;

/** Writes TOML. */
public final class TomlWriter {
  private static final String BARE =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

  private TomlWriter() {}

  /** A basic string, in its quotes. */
  public static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            String code = Integer.toHexString(c);
            quoted.append("\\u").append("0".repeat(4 - code.length())).append(code);
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /**
   * A document.
   *
   * @param table its values: strings, whole numbers, booleans, lists of these, and tables as maps
   */
  public static String document(Map<String, ?> table) {
    StringBuilder text = new StringBuilder();
    write("", table, text);
    return text.toString();
  }

  /** The values of a table stand before the tables in it, as they would be theirs else. */
  private static void write(String path, Map<String, ?> table, StringBuilder text) {
    for (Map.Entry<String, ?> entry : table.entrySet()) {
      if (!(entry.getValue() instanceof Map)) {
        text.append(key(entry.getKey())).append(" = ").append(value(entry.getValue())).append('\n');
      }
    }
    for (Map.Entry<String, ?> entry : table.entrySet()) {
      if (entry.getValue() instanceof Map<?, ?> below) {
        String name = path.isEmpty() ? key(entry.getKey()) : path + "." + key(entry.getKey());
        text.append(text.isEmpty() ? "" : "\n").append('[').append(name).append("]\n");
        write(name, texts(below), text);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, ?> texts(Map<?, ?> table) {
    return (Map<String, ?>) table;
  }

  private static String key(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (BARE.indexOf(name.charAt(i)) < 0) {
        return quoted(name);
      }
    }
    return name.isEmpty() ? "\"\"" : name;
  }

  private static String value(Object value) {
    return switch (value) {
      case String text -> quoted(text);
      case Integer number -> number.toString();
      case Long number -> number.toString();
      case Boolean truth -> truth.toString();
      case List<?> list ->
          "[" + String.join(", ", list.stream().map(TomlWriter::value).toList()) + "]";
      default -> throw new IllegalArgumentException("TOML has no " + value);
    };
  }
}
