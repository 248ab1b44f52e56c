package dev.bulkhead.runtime.oci;

import java.util.List;

/** Text in columns. */
final class Table {
  private Table() {}

  /** Each row a line, each column as wide as its widest cell and {@code gap} spaces more. */
  static String of(List<List<String>> rows, int gap) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        text.append(row.get(i));
        if (i < columns - 1) {
          text.append(" ".repeat(widths[i] + gap - row.get(i).length()));
        }
      }
      text.append('\n');
    }
    return text.toString();
  }
}
