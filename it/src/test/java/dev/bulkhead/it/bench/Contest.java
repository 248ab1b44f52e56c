package dev.bulkhead.it.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Several ways to do one thing, measured in turns, so that a machine that slows down slows all of
 * them.
 */
final class Contest {
  private static final boolean SHOWS_PROGRESS = Boolean.getBoolean("bulkhead.progress");

  private final String what;
  private final String unit;
  private final List<Entrant> entrants = new ArrayList<>();

  /** Does the thing once. */
  interface Run {
    /** How long it took, or how much came of it, in the contest's unit. */
    double measure() throws Exception;
  }

  private record Entrant(String name, Run run) {}

  /**
   * Begins a contest for the least milliseconds.
   *
   * @param what the thing that is done, the head of the table
   */
  Contest(String what) {
    this(what, "ms");
  }

  /** As {@link #Contest(String)}, of figures in another unit. */
  Contest(String what, String unit) {
    this.what = what;
    this.unit = unit;
  }

  /** Adds a way to do it; the ratios are to the way that was added first. */
  Contest with(String name, Run run) {
    entrants.add(new Entrant(name, run));
    return this;
  }

  /** Runs each once unmeasured, then {@code rounds} times in turns, and prints the table. */
  void hold(int rounds) throws Exception {
    double[][] times = new double[entrants.size()][rounds];
    for (Entrant entrant : entrants) {
      entrant.run.measure();
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < times.length; i++) {
        times[i][round] = entrants.get(i).run.measure();
      }
      if (SHOWS_PROGRESS) {
        System.err.printf(Locale.ROOT, "\r%s: %d of %d", what, round + 1, rounds);
      }
    }
    if (SHOWS_PROGRESS) {
      System.err.print("\r\033[K");
    }
    System.out.printf("| %s, %s | min | median | max | ratio of medians |%n", what, unit);
    System.out.println("|---|---|---|---|---|");
    for (int i = 0; i < times.length; i++) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f | %.1f | %.2f |%n",
          entrants.get(i).name,
          Arrays.stream(times[i]).min().orElseThrow(),
          median(times[i]),
          Arrays.stream(times[i]).max().orElseThrow(),
          median(times[i]) / median(times[0]));
    }
    System.out.println();
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
