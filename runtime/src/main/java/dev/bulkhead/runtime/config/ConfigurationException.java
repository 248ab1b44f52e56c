package dev.bulkhead.runtime.config;

/**
 * A configuration that cannot be used. The message names file, line and key, and what is possible.
 */
public final class ConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message);
  }

  public ConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }

  static ConfigurationException at(String file, int line, String message) {
    return new ConfigurationException(file + ":" + line + ": " + message);
  }
}
