package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;

/** Plain text in lines that fit a terminal. */
final class Paragraphs {
  static final int WIDTH = 80;

  private Paragraphs() {}

  /** The paragraphs of a text, each in one line; an empty line separates them. */
  static List<String> of(String text) {
    List<String> paragraphs = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf('\n', start);
      String line = text.substring(start, end < 0 ? text.length() : end).trim();
      if (line.isEmpty()) {
        finish(paragraphs, current);
      } else {
        current.append(current.isEmpty() ? "" : " ").append(line);
      }
      start = end < 0 ? text.length() + 1 : end + 1;
    }
    finish(paragraphs, current);
    return paragraphs;
  }

  private static void finish(List<String> paragraphs, StringBuilder current) {
    if (!current.isEmpty()) {
      paragraphs.add(current.toString());
      current.setLength(0);
    }
  }

  /**
   * Appends words in lines that begin at column {@code indent}.
   *
   * @param column where the output stands now; less than {@code indent} is filled up with spaces
   */
  static void wrap(StringBuilder out, String text, int indent, int column) {
    int at = column;
    int start = 0;
    boolean first = true;
    while (start < text.length()) {
      int end = text.indexOf(' ', start);
      String word = text.substring(start, end < 0 ? text.length() : end);
      if (first || at + 1 + word.length() > WIDTH) {
        if (at > indent || !first) {
          out.append('\n');
          at = 0;
        }
        out.append(" ".repeat(indent - at));
        at = indent;
      } else {
        out.append(' ');
        at++;
      }
      out.append(word);
      at += word.length();
      first = false;
      start = end < 0 ? text.length() : end + 1;
    }
    out.append('\n');
  }
}
