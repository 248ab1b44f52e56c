package dev.bulkhead.runtime.install;

import java.util.ArrayList;
import java.util.List;

/** The difference between two texts in the unified format of diff(1). */
final class LineDifference {
  private static final int CONTEXT = 3;
  private static final String NO_LINE_FEED = "\\ No newline at end of file\n";

  private LineDifference() {}

  /** A line of either text: ' ' of both, '-' of the old one, '+' of the new one. */
  private record Line(char sign, String text) {}

  /** The difference with the names of both sides above it; "" if there is none. */
  static String unified(String oldName, String newName, String before, String after) {
    if (before.equals(after)) {
      return "";
    }
    List<Line> lines = compare(lines(before), lines(after));
    StringBuilder text = new StringBuilder("--- " + oldName + "\n+++ " + newName + "\n");
    int oldLine = 1;
    int newLine = 1;
    int at = 0;
    while (at < lines.size()) {
      int change = nextChange(lines, at);
      if (change == lines.size()) {
        return text.toString();
      }
      int start = Math.max(at, change - CONTEXT);
      oldLine += start - at;
      newLine += start - at;
      int end = end(lines, change);
      List<Line> hunk = lines.subList(start, end);
      int oldCount = count(hunk, '+');
      int newCount = count(hunk, '-');
      text.append("@@ -").append(range(oldLine, oldCount));
      text.append(" +").append(range(newLine, newCount)).append(" @@\n");
      for (Line line : hunk) {
        text.append(line.sign()).append(line.text());
        text.append(line.text().endsWith("\n") ? "" : "\n" + NO_LINE_FEED);
      }
      oldLine += oldCount;
      newLine += newCount;
      at = end;
    }
    return text.toString();
  }

  private static int nextChange(List<Line> lines, int from) {
    int at = from;
    while (at < lines.size() && lines.get(at).sign() == ' ') {
      at++;
    }
    return at;
  }

  /** Behind the context of the last change that is not too far from the one before. */
  private static int end(List<Line> lines, int change) {
    int last = change;
    int at = change;
    while (at < lines.size() && at - last <= 2 * CONTEXT + 1) {
      last = lines.get(at).sign() == ' ' ? last : at;
      at++;
    }
    return Math.min(lines.size(), last + CONTEXT + 1);
  }

  /** The lines that are not of this sign. */
  private static int count(List<Line> hunk, char without) {
    return (int) hunk.stream().filter(line -> line.sign() != without).count();
  }

  private static String range(int line, int count) {
    return (count == 0 ? line - 1 : line) + (count == 1 ? "" : "," + count);
  }

  /** The lines of a text, with their line feeds. */
  static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int feed = text.indexOf('\n', start);
      int end = feed < 0 ? text.length() : feed + 1;
      lines.add(text.substring(start, end));
      start = end;
    }
    return lines;
  }

  /** By the longest common subsequence of what is between the equal beginning and end. */
  private static List<Line> compare(List<String> before, List<String> after) {
    int head = 0;
    int most = Math.min(before.size(), after.size());
    while (head < most && before.get(head).equals(after.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < most - head
        && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
      tail++;
    }
    List<Line> lines = new ArrayList<>();
    before.subList(0, head).forEach(line -> lines.add(new Line(' ', line)));
    compareMiddle(
        before.subList(head, before.size() - tail),
        after.subList(head, after.size() - tail),
        lines);
    before
        .subList(before.size() - tail, before.size())
        .forEach(line -> lines.add(new Line(' ', line)));
    return lines;
  }

  private static void compareMiddle(List<String> before, List<String> after, List<Line> lines) {
    int[][] common = new int[before.size() + 1][after.size() + 1];
    for (int i = before.size() - 1; i >= 0; i--) {
      for (int j = after.size() - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < before.size() || j < after.size()) {
      if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
        lines.add(new Line(' ', before.get(i++)));
        j++;
      } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
        lines.add(new Line('-', before.get(i++)));
      } else {
        lines.add(new Line('+', after.get(j++)));
      }
    }
  }
}
