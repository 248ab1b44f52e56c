package dev.bulkhead.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a kernel is built with: options that are set over one with none, in the form of a kernel's
 * {@code .config}.
 *
 * @param file where they are written
 * @param options by their names, in the order of the file; "n" where an option has to be off
 */
record KernelConfiguration(Path file, Map<String, String> options) {
  private static final String PREFIX = "CONFIG_";
  private static final String OFF = "n";

  /**
   * Reads the options.
   *
   * @throws IOException when the file cannot be read
   * @throws GuestException when a line of it is neither an option nor a comment
   */
  static KernelConfiguration read(Path file) throws IOException, GuestException {
    Map<String, String> options = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      int equals = line.indexOf('=');
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (!line.startsWith(PREFIX) || equals < 0) {
        throw new GuestException(
            file + " has a line that is no kernel option: '" + line + "'; write CONFIG_NAME=VALUE");
      }
      String name = line.substring(0, equals);
      if (options.put(name, line.substring(equals + 1)) != null) {
        throw new GuestException(file + " sets " + name + " twice; keep one");
      }
    }
    return new KernelConfiguration(file, options);
  }

  /**
   * The options that a kernel's configuration has not taken over: those that this kernel does not
   * know, or that need another one.
   *
   * @param made the {@code .config} that was made of these options
   */
  List<String> lostIn(SortedMap<String, String> made) {
    return options.entrySet().stream()
        .filter(option -> !option.getValue().equals(made.getOrDefault(option.getKey(), OFF)))
        .map(option -> option.getKey() + "=" + option.getValue())
        .toList();
  }
}
