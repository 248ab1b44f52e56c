package dev.bulkhead.runtime.host;

/**
 * What one look at the host found.
 *
 * @param subject what was looked at, one or two words
 * @param words what was found, a clause
 * @param remedy what to do about it, a clause; "" where nothing has to be done
 */
public record Finding(String subject, Level level, String words, String remedy) {
  /** How good it is. */
  public enum Level {
    OK("ok"),
    /** Containers run, but not as well as they could. */
    WARNING("warning"),
    /** Containers do not run. */
    FAIL("fail");

    private final String word;

    Level(String word) {
      this.word = word;
    }

    /** As it is printed. */
    public String word() {
      return word;
    }
  }

  static Finding ok(String subject, String words) {
    return new Finding(subject, Level.OK, words, "");
  }

  static Finding warning(String subject, String words, String remedy) {
    return new Finding(subject, Level.WARNING, words, remedy);
  }

  static Finding fail(String subject, String words, String remedy) {
    return new Finding(subject, Level.FAIL, words, remedy);
  }
}
