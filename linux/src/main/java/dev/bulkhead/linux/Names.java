package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;

/** Tables of the kernel's names, in the order of their numbers. */
final class Names {
  private Names() {}

  /** The place of {@code name}, in any case and with or without {@code prefix}, in a table. */
  static OptionalInt find(List<String> table, String prefix, String name) {
    boolean prefixed = name.regionMatches(true, 0, prefix, 0, prefix.length());
    String bare = prefixed ? name.substring(prefix.length()) : name;
    for (int i = 0; i < table.size(); i++) {
      if (table.get(i).equalsIgnoreCase(bare)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
