package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.TomlValue;
import java.util.List;
import java.util.Optional;

/**
 * A file of settings that {@code install} alone writes, beside those of others: its first line says
 * so.
 *
 * @param path what messages call it
 * @param engine as command lines call it
 */
record OwnFile(String path, String engine) {
  private String mark() {
    return "# Written by 'bulkhead install " + engine + "'";
  }

  /** The first line. */
  String head() {
    return mark() + "; 'bulkhead uninstall " + engine + "' removes it.\n";
  }

  /** Reads a text that must be one of {@code install}. */
  TomlText read(String text) {
    TomlText toml = TomlText.of(path, text);
    if (!text.startsWith(mark())) {
      throw new SettingsException(
          path + " is not of 'bulkhead install " + engine + "'; name another file by --config");
    }
    return toml;
  }

  /** Whether a text, if there is one, has this string. */
  boolean says(Optional<String> text, List<String> path, String string) {
    return text.isPresent() && read(text.get()).string(path).filter(string::equals).isPresent();
  }

  /** Whether a text, if there is one, has something at this path. */
  boolean has(Optional<String> text, List<String> path) {
    Optional<TomlValue> found = text.flatMap(some -> read(some).at(path));
    return found.isPresent();
  }
}
