package dev.bulkhead.runtime.cli;

/**
 * An option of a program or of a command.
 *
 * @param longName without the dashes
 * @param shortName the letter of the short form, or 0
 * @param valueName the value as help calls it, as "FILE"; "" for a flag
 * @param type how the value is read
 * @param repeatable whether more than one is kept; of others the last one counts
 * @param hidden whether help, manual and completion keep silent about it
 * @param ignoredBecause for an option that is accepted for compatibility and has no effect, the
 *     reason; else ""
 * @param summary what it does, one sentence without a full stop
 * @param <T> what its value becomes
 */
public record Option<T>(
    String longName,
    char shortName,
    String valueName,
    ValueType<T> type,
    boolean repeatable,
    boolean hidden,
    String ignoredBecause,
    String summary) {

  /** An option without a value. */
  public static Option<Boolean> flag(String longName, String summary) {
    return of(longName, "", ValueType.FLAG, summary);
  }

  /** An option with a value. */
  public static <T> Option<T> of(
      String longName, String valueName, ValueType<T> type, String summary) {
    return new Option<>(longName, '\0', valueName, type, false, false, "", summary);
  }

  public Option<T> withShort(char letter) {
    return new Option<>(
        longName, letter, valueName, type, repeatable, hidden, ignoredBecause, summary);
  }

  public Option<T> asRepeatable() {
    return new Option<>(
        longName, shortName, valueName, type, true, hidden, ignoredBecause, summary);
  }

  public Option<T> asHidden() {
    return new Option<>(
        longName, shortName, valueName, type, repeatable, true, ignoredBecause, summary);
  }

  /** Accepted without effect, for this reason: a clause that follows "because". */
  public Option<T> asIgnored(String because) {
    return new Option<>(longName, shortName, valueName, type, repeatable, hidden, because, summary);
  }

  boolean isFlag() {
    return valueName.isEmpty();
  }

  /** The long form as it is written, without a value. */
  String written(Program.Style style) {
    return switch (style) {
      case GNU -> "--" + longName;
      case GO -> "-" + longName;
    };
  }

  /** What it does, with the note that it does nothing where that is so. */
  String fullSummary() {
    String note =
        ignoredBecause.isEmpty() ? "" : "; accepted without effect, because " + ignoredBecause;
    String choices = type.choices().isEmpty() ? "" : " (" + String.join(", ", type.choices()) + ")";
    return summary + choices + note;
  }
}
