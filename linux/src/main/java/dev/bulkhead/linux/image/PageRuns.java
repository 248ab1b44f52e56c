package dev.bulkhead.linux.image;

import java.util.ArrayList;
import java.util.List;

/**
 * Gathers pages of a region into runs, each to be mapped by one call. Pages between two that are
 * kept are taken along if they are few: a page of a file costs less than a mapping.
 */
final class PageRuns {
  private static final long LARGEST_GAP = 32;

  private final List<Run> runs = new ArrayList<>();

  /**
   * Pages that follow each other.
   *
   * @param first the number of the first page in the region
   */
  record Run(long first, long count) {
    long end() {
      return first + count;
    }
  }

  /** Keeps a page; they come in order. */
  void keep(long page) {
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last != null && page < last.end() + LARGEST_GAP) {
      runs.set(runs.size() - 1, new Run(last.first(), page + 1 - last.first()));
    } else {
      runs.add(new Run(page, 1));
    }
  }

  List<Run> runs() {
    return List.copyOf(runs);
  }
}
