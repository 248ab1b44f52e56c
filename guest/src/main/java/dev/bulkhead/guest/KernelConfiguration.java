package dev.bulkhead.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What a kernel is built with: options that are set over one with none, in the form of a kernel's
 * {@code .config}.
 *
 * @param options by their names, in the order in which they were read; "n" where an option has to
 *     be off
 */
record KernelConfiguration(Map<String, String> options) {
  private static final String PREFIX = "CONFIG_";
  private static final String OFF = "n";

  /**
   * Reads the options of a kernel: those of all kernels, and those that go by other names in other
   * ones.
   *
   * @param common the file of the former; the latter are beside it, with {@code -VERSION} behind
   *     its name
   * @param version the kernel's, as in "6.1"
   * @throws IOException when a file cannot be read
   * @throws GuestException when a line is neither an option nor a comment, or nobody has written
   *     down the options of this version
   */
  static KernelConfiguration read(Path common, String version) throws IOException, GuestException {
    Path particular = common.resolveSibling(common.getFileName() + "-" + version);
    if (!Files.exists(particular)) {
      throw new GuestException(
          "the options of the kernel "
              + version
              + " are not known; write them to "
              + particular
              + " or take the source of another one");
    }
    Map<String, String> options = new LinkedHashMap<>();
    add(common, options);
    add(particular, options);
    return new KernelConfiguration(options);
  }

  private static void add(Path file, Map<String, String> options)
      throws IOException, GuestException {
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
        throw new GuestException(file + " sets " + name + " another time; keep one");
      }
    }
  }

  /** The options as a file of a kernel's, one in a line. */
  String text() {
    return options.entrySet().stream()
        .map(option -> option.getKey() + "=" + option.getValue() + "\n")
        .collect(Collectors.joining());
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
