package dev.bulkhead.guest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a kernel module says of itself in its section {@code .modinfo}; see modinfo(8) and Linux's
 * include/linux/module.h.
 *
 * @param dependencies the modules whose symbols it uses, by name
 * @param softDependencies what it asks to be loaded before it: names, or aliases of modules
 * @param aliases other names that it can be asked for by
 */
record KernelModule(
    List<String> dependencies, List<String> softDependencies, List<String> aliases) {
  private static final String SECTION = ".modinfo";

  KernelModule {
    dependencies = List.copyOf(dependencies);
    softDependencies = List.copyOf(softDependencies);
    aliases = List.copyOf(aliases);
  }

  /**
   * Reads a module.
   *
   * @param name what an error calls the file
   * @throws GuestException when it is no module
   */
  static KernelModule parse(byte[] file, String name) throws GuestException {
    ByteBuffer info =
        ElfFile.parse(file, name)
            .section(SECTION)
            .orElseThrow(
                () -> new GuestException(name + " is no kernel module: it has no " + SECTION));
    List<String> dependencies = new ArrayList<>();
    List<String> softDependencies = new ArrayList<>();
    List<String> aliases = new ArrayList<>();
    for (String entry : StandardCharsets.UTF_8.decode(info).toString().split("\0", -1)) {
      int equals = entry.indexOf('=');
      if (equals < 0) {
        continue;
      }
      String value = entry.substring(equals + 1);
      switch (entry.substring(0, equals)) {
        case "depends" -> words(value, ",").map(KernelModule::canonical).forEach(dependencies::add);
        case "softdep" -> softDependencies.addAll(before(value));
        case "alias" -> aliases.add(value);
        default -> {
          // Licences, authors, parameters and so on.
        }
      }
    }
    return new KernelModule(dependencies, softDependencies, aliases);
  }

  /** A name as the kernel writes it: file names may have dashes where it has underscores. */
  static String canonical(String name) {
    return name.replace('-', '_');
  }

  /** The part of {@code pre: A B post: C} that comes before. */
  private static List<String> before(String softDependencies) {
    List<String> before = new ArrayList<>();
    boolean pre = false;
    for (String word : words(softDependencies, " ").toList()) {
      switch (word) {
        case "pre:" -> pre = true;
        case "post:" -> pre = false;
        default -> {
          if (pre) {
            before.add(word);
          }
        }
      }
    }
    return before;
  }

  private static Stream<String> words(String text, String separator) {
    return Arrays.stream(text.split(separator, -1)).filter(word -> !word.isEmpty());
  }
}
