package dev.bulkhead.runtime.cli;

/** A command line that makes no sense; the message is one sentence with what to do. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
