package dev.bulkhead.guest;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A line on a terminal that says how far something is; nothing where there is no terminal. */
final class ProgressLine implements AutoCloseable {
  private final PrintStream out;
  private final boolean visible;
  private final String what;
  private final long total;
  private long done;
  private int shownPercent = -1;

  /**
   * Starts a line on standard error.
   *
   * @param what the work, as in "unpacking the kernel"
   * @param total how much work there is, in any unit; an estimate will do
   */
  static ProgressLine start(String what, long total) {
    return new ProgressLine(System.err, isTerminal(Path.of("/proc/self/fd/2")), what, total);
  }

  ProgressLine(PrintStream out, boolean visible, String what, long total) {
    this.out = out;
    this.visible = visible;
    this.what = what;
    this.total = Math.max(total, 1);
  }

  /** Notes that so much more is done. */
  void advance(long amount) {
    done += amount;
    int percent = (int) Math.min(100, done * 100 / total);
    if (visible && percent != shownPercent) {
      out.print("\r" + what + ": " + percent + " %");
      out.flush();
      shownPercent = percent;
    }
  }

  /** Removes the line. */
  @Override
  public void close() {
    if (visible) {
      out.print("\r\033[K");
      out.flush();
    }
  }

  /** Java 21 has no isatty. */
  private static boolean isTerminal(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }
}
