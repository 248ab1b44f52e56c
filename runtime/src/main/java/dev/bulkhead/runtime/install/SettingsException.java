package dev.bulkhead.runtime.install;

/** Settings of an engine that cannot be changed, in one sentence with the file. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SettingsException(String message) {
    super(message);
  }

  SettingsException(String message, Throwable cause) {
    super(message, cause);
  }
}
