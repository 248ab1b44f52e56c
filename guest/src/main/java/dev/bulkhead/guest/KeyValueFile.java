package dev.bulkhead.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A small text file of lines {@code key=value}, sorted by key, without comments or escapes: what
 * holds no line break and is not read by people who write such files.
 */
final class KeyValueFile {
  private KeyValueFile() {}

  /**
   * Reads a file; one that is missing has no keys, and lines that are none are left out.
   *
   * @throws IOException when it is there and cannot be read
   */
  static SortedMap<String, String> read(Path file) throws IOException {
    SortedMap<String, String> values = new TreeMap<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        if (equals > 0) {
          values.put(line.substring(0, equals), line.substring(equals + 1));
        }
      }
    }
    return values;
  }

  /**
   * Writes a file, as a whole or not at all.
   *
   * @throws IOException when it cannot be written
   */
  static void write(Path file, Map<String, String> values) throws IOException {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(values)
        .forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    Path incomplete = WholeFiles.incomplete(file);
    Files.writeString(incomplete, text);
    WholeFiles.complete(incomplete, file);
  }
}
