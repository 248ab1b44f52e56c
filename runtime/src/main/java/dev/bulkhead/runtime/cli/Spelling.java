package dev.bulkhead.runtime.cli;

import java.util.List;
import java.util.Optional;

/** Finds what a misspelt word was meant to be. */
public final class Spelling {
  private Spelling() {}

  /** The known word that is nearest, if one is near enough to be worth a question. */
  public static Optional<String> nearest(String word, List<String> known) {
    String best = null;
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : known) {
      boolean beginning = word.length() >= 2 && candidate.startsWith(word);
      int distance = beginning ? 1 : distance(word, candidate);
      int allowed = Math.max(1, Math.min(word.length(), candidate.length()) / 3);
      if (distance < bestDistance && distance <= allowed) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Edits from one to the other: a letter added, dropped, changed, or swapped with the next. */
  private static int distance(String from, String to) {
    int[][] edits = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : least(edits, from, to, i, j);
      }
    }
    return edits[from.length()][to.length()];
  }

  private static int least(int[][] edits, String from, String to, int i, int j) {
    int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
    int least =
        Math.min(edits[i - 1][j - 1] + change, Math.min(edits[i - 1][j] + 1, edits[i][j - 1] + 1));
    boolean swapped =
        i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1);
    return swapped ? Math.min(least, edits[i - 2][j - 2] + 1) : least;
  }
}
