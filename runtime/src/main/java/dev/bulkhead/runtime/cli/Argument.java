package dev.bulkhead.runtime.cli;

/**
 * An argument of a command, told from others by its position.
 *
 * @param name as help calls it, in capitals
 * @param count how many words it takes
 * @param type how each word is read
 * @param summary what it is, one sentence without a full stop
 * @param <T> what a word becomes
 */
public record Argument<T>(String name, Count count, ValueType<T> type, String summary) {
  /** How many words an argument takes. */
  public enum Count {
    ONE,
    OPTIONAL,
    ONE_OR_MORE,
    /**
     * All that is left, taken as it is. In a command that ends with it, options stand only before
     * the first argument, so that {@code run IMAGE ls -l} gives -l to ls.
     */
    REST
  }

  /** An argument that must be there. */
  public static <T> Argument<T> one(String name, ValueType<T> type, String summary) {
    return new Argument<>(name, Count.ONE, type, summary);
  }

  public static <T> Argument<T> optional(String name, ValueType<T> type, String summary) {
    return new Argument<>(name, Count.OPTIONAL, type, summary);
  }

  public static <T> Argument<T> oneOrMore(String name, ValueType<T> type, String summary) {
    return new Argument<>(name, Count.ONE_OR_MORE, type, summary);
  }

  /** All that is left, taken as it is, see {@link Count#REST}. */
  public static Argument<String> rest(String name, String summary) {
    return new Argument<>(name, Count.REST, ValueType.TEXT, summary);
  }

  /** What it is, with the words that are possible if these are few. */
  String fullSummary() {
    return summary + (type.choices().isEmpty() ? "" : ": " + String.join(", ", type.choices()));
  }

  /** As it stands in a line of usage. */
  String synopsis() {
    return switch (count) {
      case ONE -> name;
      case OPTIONAL -> "[" + name + "]";
      case ONE_OR_MORE -> name + "...";
      case REST -> "[" + name + "...]";
    };
  }
}
