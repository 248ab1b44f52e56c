package dev.bulkhead.runtime.container;

/** Points in time as RFC 3339 writes them, in UTC. */
public final class Timestamp {
  private static final long NANOS = 1_000_000_000L;
  private static final long DAY = 86_400;

  private Timestamp() {}

  /** As {@code 2026-11-21T09:30:00.123456789Z}, from nanoseconds since 1970. */
  public static String rfc3339(long nanosSinceEpoch) {
    long seconds = Math.floorDiv(nanosSinceEpoch, NANOS);
    long days = Math.floorDiv(seconds, DAY);
    long ofDay = Math.floorMod(seconds, DAY);
    // The civil calendar from a count of days, years beginning in March so that the leap day is
    // the last of its year.
    long shifted = days + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    long dayOfEra = Math.floorMod(shifted, 146_097L);
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long marchMonth = (5 * dayOfYear + 2) / 153;
    long day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
    long month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
    long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    return digits(year, 4)
        + "-"
        + digits(month, 2)
        + "-"
        + digits(day, 2)
        + "T"
        + digits(ofDay / 3600, 2)
        + ":"
        + digits(ofDay / 60 % 60, 2)
        + ":"
        + digits(ofDay % 60, 2)
        + "."
        + digits(Math.floorMod(nanosSinceEpoch, NANOS), 9)
        + "Z";
  }

  private static String digits(long number, int count) {
    String text = Long.toString(number);
    return "0".repeat(Math.max(0, count - text.length())) + text;
  }
}
