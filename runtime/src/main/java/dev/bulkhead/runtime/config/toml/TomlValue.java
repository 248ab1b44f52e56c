package dev.bulkhead.runtime.config.toml;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value in a TOML document. */
public sealed interface TomlValue {
  /** The line that it begins in, counted from 1. */
  int line();

  /** A string. */
  record Text(String value, int line) implements TomlValue {}

  /** An integer. */
  record Whole(long value, int line) implements TomlValue {}

  /** A float. */
  record Real(double value, int line) implements TomlValue {}

  /** A boolean. */
  record Truth(boolean value, int line) implements TomlValue {}

  /** An array, be it of tables. */
  record Array(List<TomlValue> values, int line) implements TomlValue {
    public Array {
      values = List.copyOf(values);
    }
  }

  /** A table, whichever way it was written; its entries are in the document's order. */
  record Table(Map<String, TomlValue> entries, int line) implements TomlValue {
    public Table {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }
  }

  /** What kind of value it is, with its article, for messages. */
  default String kind() {
    return switch (this) {
      case Text text -> "a string";
      case Whole whole -> "a whole number";
      case Real real -> "a number with a fraction";
      case Truth truth -> "a boolean";
      case Array array -> "an array";
      case Table table -> "a table";
    };
  }
}
