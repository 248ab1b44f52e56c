package dev.bulkhead.runtime.image;

import java.util.ArrayList;
import java.util.List;

/** Text taken apart at a character; String.split would bring a regular expression engine along. */
final class Words {
  private Words() {}

  /** The parts between separators, empty ones too; of an empty text none. */
  static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start <= text.length() && !text.isEmpty()) {
      int end = text.indexOf(separator, start);
      parts.add(text.substring(start, end < 0 ? text.length() : end));
      start = end < 0 ? text.length() + 1 : end + 1;
    }
    return parts;
  }
}
