package dev.bulkhead.runtime.config.toml;

/** A text that is no TOML. */
public final class TomlException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  /**
   * Says what is wrong.
   *
   * @param line counted from 1
   */
  TomlException(int line, String message) {
    super(message);
    this.line = line;
  }

  /** Where, counted from 1. */
  public int line() {
    return line;
  }
}
