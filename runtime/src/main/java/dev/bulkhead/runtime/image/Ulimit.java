package dev.bulkhead.runtime.image;

import java.util.List;

/**
 * A limit of setrlimit(2).
 *
 * @param name without RLIMIT_, in small letters, as "nofile"
 * @param soft {@link #UNLIMITED} or the limit, in the unit of setrlimit(2)
 * @param hard {@link #UNLIMITED} or the limit
 */
public record Ulimit(String name, long soft, long hard) {
  public static final long UNLIMITED = -1;

  private static final List<String> NAMES =
      List.of(
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");

  /**
   * Reads NAME=SOFT[:HARD], -1 or unlimited for no limit.
   *
   * @throws IllegalArgumentException if it is no such thing
   */
  public static Ulimit parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "'" + name + "' is no limit; there are " + String.join(", ", NAMES));
    }
    String limits = equals < 0 ? "" : text.substring(equals + 1);
    int colon = limits.indexOf(':');
    long soft = limit(text, colon < 0 ? limits : limits.substring(0, colon));
    long hard = colon < 0 ? soft : limit(text, limits.substring(colon + 1));
    if (hard != UNLIMITED && (soft == UNLIMITED || soft > hard)) {
      throw new IllegalArgumentException("in '" + text + "' the soft limit is above the hard one");
    }
    return new Ulimit(name, soft, hard);
  }

  private static long limit(String text, String number) {
    if (number.equals("-1") || number.equals("unlimited")) {
      return UNLIMITED;
    }
    try {
      long limit = Long.parseLong(number);
      if (limit >= 0) {
        return limit;
      }
    } catch (NumberFormatException e) {
      throw noLimit(text, e);
    }
    throw noLimit(text, null);
  }

  private static IllegalArgumentException noLimit(String text, NumberFormatException cause) {
    return new IllegalArgumentException(
        "'" + text + "' sets no limit; one such as nofile=1024 or nofile=1024:4096 does", cause);
  }
}
