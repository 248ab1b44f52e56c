package dev.bulkhead.hypervisor;

import java.util.ArrayList;
import java.util.List;

/**
 * The last bytes of an output that may never end, such as a guest's console: it takes any amount
 * and keeps a fixed number.
 */
public final class OutputTail {
  private final byte[] ring;
  private long total;

  /** Keeps the last {@code capacity} bytes. */
  public OutputTail(int capacity) {
    ring = new byte[capacity];
  }

  /** Takes {@code length} bytes. */
  public void append(byte[] bytes, int offset, int length) {
    int from = offset + Math.max(0, length - ring.length);
    int end = offset + length;
    total += from - offset;
    while (from < end) {
      int position = (int) (total % ring.length);
      int count = Math.min(end - from, ring.length - position);
      System.arraycopy(bytes, from, ring, position, count);
      total += count;
      from += count;
    }
  }

  /** How many bytes came in all. */
  public long total() {
    return total;
  }

  /**
   * The kept bytes as lines that are safe to print on a terminal: escape sequences and control
   * characters are taken out and what is not ASCII is a question mark. Lines without a character
   * are left out.
   */
  public List<String> lines() {
    int kept = (int) Math.min(total, ring.length);
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    Escape escape = Escape.NONE;
    for (long i = total - kept; i < total; i++) {
      char c = (char) (ring[(int) (i % ring.length)] & 0xff);
      if (c == '\n') {
        endLine(line, lines);
        escape = Escape.NONE;
      } else if (escape != Escape.NONE) {
        escape = escape.next(c);
      } else if (c == 0x1b) {
        escape = Escape.BEGUN;
      } else if (c == '\t') {
        line.append(' ');
      } else if (c >= ' ' && c != 0x7f) {
        line.append(c < 0x7f ? c : '?');
      }
    }
    endLine(line, lines);
    return lines;
  }

  private static void endLine(StringBuilder line, List<String> lines) {
    String text = line.toString().strip();
    if (!text.isEmpty()) {
      lines.add(text);
    }
    line.setLength(0);
  }

  /** The last {@code count} of {@link #lines}, each but the last with a line feed behind it. */
  public String lastLines(int count) {
    List<String> lines = lines();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
  }

  /** Where in a terminal's escape sequence (ECMA-48) a character stands. */
  private enum Escape {
    NONE,
    BEGUN,
    IN_CONTROL_SEQUENCE;

    Escape next(char c) {
      return switch (this) {
        case NONE -> NONE;
        case BEGUN -> c == '[' ? IN_CONTROL_SEQUENCE : NONE;
        case IN_CONTROL_SEQUENCE -> c >= 0x40 && c <= 0x7e ? NONE : this;
      };
    }
  }
}
