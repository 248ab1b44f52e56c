package dev.bulkhead.runtime.cli;

import java.util.Locale;

/** Numbers with units, as Docker's users write them. */
final class Quantities {
  private static final String SIZE_SUFFIXES = "bkmgtp";
  private static final int NANO_DIGITS = 9;

  private Quantities() {}

  static Long integer(String text, long least, long most) {
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no whole number of " + least + " to " + most, e);
    }
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "'" + text + "' is out of range; " + least + " to " + most + " is possible");
    }
    return value;
  }

  /** Docker's notation (go-units RAMInBytes): a number, then b, k, m, g, t or p, then maybe iB. */
  static Long bytes(String text) {
    int end = numberEnd(text);
    String suffix = text.substring(end).trim().toLowerCase(Locale.ROOT);
    if (suffix.endsWith("ib") && suffix.length() == 3) {
      suffix = suffix.substring(0, 1);
    } else if (suffix.endsWith("b") && suffix.length() == 2) {
      suffix = suffix.substring(0, 1);
    }
    int exponent = suffix.isEmpty() ? 0 : SIZE_SUFFIXES.indexOf(suffix);
    if (end == 0 || suffix.length() > 1 || exponent < 0) {
      throw noSize(text);
    }
    long unit = 1L << (10 * exponent);
    double value = decimal(text.substring(0, end)) * unit;
    if (!(value < Long.MAX_VALUE)) {
      throw noSize(text);
    }
    // Whole numbers stay exact, which a double does not promise above 2^53.
    return text.substring(0, end).indexOf('.') < 0
        ? Long.parseLong(text.substring(0, end)) * unit
        : (long) value;
  }

  private static IllegalArgumentException noSize(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is no size; bytes or a number such as 512m or 2g is expected");
  }

  private static double decimal(String number) {
    return Double.parseDouble(number);
  }

  /** The index behind digits with at most one point among them. */
  private static int numberEnd(String text) {
    int end = 0;
    boolean point = false;
    while (end < text.length()) {
      char c = text.charAt(end);
      if (c == '.' && end > 0 && !point) {
        point = true;
      } else if (c < '0' || c > '9') {
        break;
      }
      end++;
    }
    return end > 0 && text.charAt(end - 1) == '.' ? 0 : end;
  }

  static Long nanoCpus(String text) {
    int end = numberEnd(text);
    int point = text.indexOf('.');
    String whole = point < 0 ? text : text.substring(0, point);
    String fraction = point < 0 ? "" : text.substring(point + 1);
    if (end == 0 || end < text.length() || whole.length() > 6 || fraction.length() > NANO_DIGITS) {
      throw noCpus(text);
    }
    long value =
        Long.parseLong(whole) * 1_000_000_000L
            + Long.parseLong((fraction + "000000000").substring(0, NANO_DIGITS));
    if (value == 0) {
      throw noCpus(text);
    }
    return value;
  }

  private static IllegalArgumentException noCpus(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is no number of processors; one such as 2 or 0.5 is expected");
  }

  /** Go's notation of durations: numbers, each with its unit. */
  static Long milliseconds(String text) {
    double total = 0;
    String rest = text;
    while (!rest.isEmpty()) {
      int end = numberEnd(rest);
      int next = end;
      while (next < rest.length() && rest.charAt(next) >= 'a' && rest.charAt(next) <= 'z') {
        next++;
      }
      double unit = unitMillis(rest.substring(end, next));
      if (end == 0 || unit == 0) {
        throw noDuration(text);
      }
      total += decimal(rest.substring(0, end)) * unit;
      rest = rest.substring(next);
    }
    if (text.isEmpty() || total > Integer.MAX_VALUE) {
      throw noDuration(text);
    }
    return (long) total;
  }

  private static double unitMillis(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      default -> 0;
    };
  }

  private static IllegalArgumentException noDuration(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is no duration; one such as 500ms, 10s or 1m30s is expected");
  }
}
