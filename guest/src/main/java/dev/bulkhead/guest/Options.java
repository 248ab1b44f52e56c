package dev.bulkhead.guest;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The program's options.
 *
 * @param agent the agent's executable, which becomes {@code /init}
 * @param output the directory to leave {@code vmlinux}, {@code initrd} and {@code guest.properties}
 *     in
 * @param cache the directory to keep the downloaded and the unpacked kernel in
 * @param kernelDeb a kernel package to use instead of the one that apt knows
 * @param built a kernel to build instead
 */
record Options(
    Path agent, Path output, Path cache, Optional<Path> kernelDeb, Optional<Built> built) {
  static final String USAGE =
      "usage: guest --agent FILE --output DIRECTORY --cache DIRECTORY"
          + " [--kernel-deb FILE | --kernel-source PACKAGE --kernel-config FILE]";

  private static final List<String> NAMES =
      List.of(
          "--agent", "--output", "--cache", "--kernel-deb", "--kernel-source", "--kernel-config");

  /**
   * What a kernel is built of.
   *
   * @param source the name of Debian's package
   * @param config the file with the options of all kernels
   */
  record Built(String source, Path config) {}

  /**
   * Reads the command line.
   *
   * @throws GuestException when it cannot be understood
   */
  static Options parse(List<String> arguments) throws GuestException {
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String name = arguments.get(i);
      if (!NAMES.contains(name)) {
        throw new GuestException("'" + name + "' is no option; " + USAGE);
      }
      if (i + 1 == arguments.size()) {
        throw new GuestException("the option " + name + " wants a value; " + USAGE);
      }
      if (given.put(name, arguments.get(i + 1)) != null) {
        throw new GuestException("the option " + name + " is given twice; " + USAGE);
      }
    }
    if (given.containsKey("--kernel-deb") && given.containsKey("--kernel-config")) {
      throw new GuestException("--kernel-deb and --kernel-config exclude each other; " + USAGE);
    }
    if (given.containsKey("--kernel-source") != given.containsKey("--kernel-config")) {
      throw new GuestException("--kernel-source and --kernel-config go together; " + USAGE);
    }
    return new Options(
        required(given, "--agent"),
        required(given, "--output"),
        required(given, "--cache"),
        path(given, "--kernel-deb"),
        path(given, "--kernel-config")
            .map(config -> new Built(given.get("--kernel-source"), config)));
  }

  private static Path required(Map<String, String> given, String name) throws GuestException {
    return path(given, name)
        .orElseThrow(() -> new GuestException("the option " + name + " is missing; " + USAGE));
  }

  private static Optional<Path> path(Map<String, String> given, String name) {
    return Optional.ofNullable(given.get(name)).map(value -> Path.of(value).toAbsolutePath());
  }
}
