package dev.bulkhead.it.bench;

import java.util.Arrays;
import java.util.Locale;

/** Times of one thing, in milliseconds. */
final class Samples {
  private final double[] millis;

  private Samples(double[] millis) {
    this.millis = millis;
  }

  /** What is measured, once. */
  interface Run {
    double millis() throws Exception;
  }

  /** Takes turns between two things, so that a machine that slows down slows both. */
  static Samples[] alternate(int count, Run first, Run second) throws Exception {
    first.millis();
    second.millis();
    double[] a = new double[count];
    double[] b = new double[count];
    for (int i = 0; i < count; i++) {
      a[i] = first.millis();
      b[i] = second.millis();
      System.err.printf(Locale.ROOT, "\r%d of %d", i + 1, count);
    }
    System.err.println();
    return new Samples[] {new Samples(a), new Samples(b)};
  }

  double median() {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double minimum() {
    return Arrays.stream(millis).min().orElseThrow();
  }

  double maximum() {
    return Arrays.stream(millis).max().orElseThrow();
  }

  String row(String name) {
    return String.format(
        Locale.ROOT, "| %s | %.0f | %.0f | %.0f |", name, minimum(), median(), maximum());
  }
}
