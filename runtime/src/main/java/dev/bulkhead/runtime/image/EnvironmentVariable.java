package dev.bulkhead.runtime.image;

import java.util.Optional;

/**
 * A variable for a container's process.
 *
 * @param value empty to take over the caller's own value, if there is one
 */
public record EnvironmentVariable(String name, Optional<String> value) {
  /**
   * Reads NAME=VALUE or NAME.
   *
   * @throws IllegalArgumentException if there is no name
   */
  public static EnvironmentVariable parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + text + "' has no name; NAME=VALUE or NAME is expected");
    }
    return new EnvironmentVariable(
        name, equals < 0 ? Optional.empty() : Optional.of(text.substring(equals + 1)));
  }
}
