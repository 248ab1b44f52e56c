package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;

/** Tables of the kernel's names, in the order of their numbers. */
final class Names {
  private Names() {}

  /** The place of {@code name}, in any case and with or without {@code prefix}, in a table. */
  static OptionalInt find(List<String> table, String prefix, String name) {
    boolean prefixed =
        name.length() > prefix.length()
            && isUpperCaseOf(prefix, name.substring(0, prefix.length()));
    String bare = prefixed ? name.substring(prefix.length()) : name;
    for (int i = 0; i < table.size(); i++) {
      if (isUpperCaseOf(table.get(i), bare)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /**
   * By ASCII alone: the first look into Unicode's tables unpacks them, which takes milliseconds.
   */
  private static boolean isUpperCaseOf(String upperCase, String name) {
    if (upperCase.length() != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (upperCase.charAt(i) != (c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c)) {
        return false;
      }
    }
    return true;
  }
}
