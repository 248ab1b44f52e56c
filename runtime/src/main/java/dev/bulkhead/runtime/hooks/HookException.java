package dev.bulkhead.runtime.hooks;

/** A hook that failed, in one sentence with what it said. */
public final class HookException extends Exception {
  private static final long serialVersionUID = 1L;

  HookException(String message, Throwable cause) {
    super(message, cause);
  }
}
