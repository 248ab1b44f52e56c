package dev.bulkhead.guest;

import java.util.ArrayList;
import java.util.List;

/**
 * The modules of an initrd in an order to load them in; the package documentation describes its
 * text.
 *
 * @param entries dependencies before what depends on them
 */
record ModuleIndex(List<Entry> entries) {
  private static final String BUILT_IN = "builtin";

  /**
   * One module.
   *
   * @param name as {@code /proc/modules} has it
   * @param file its file's name, or "builtin"
   * @param dependencies the modules to load before, in this order
   */
  record Entry(String name, String file, List<String> dependencies) {
    Entry {
      dependencies = List.copyOf(dependencies);
    }

    static Entry builtIn(String name) {
      return new Entry(name, BUILT_IN, List.of());
    }

    static Entry file(String name, List<String> dependencies) {
      return new Entry(name, name + ".ko", dependencies);
    }

    boolean isBuiltIn() {
      return file.equals(BUILT_IN);
    }
  }

  ModuleIndex {
    entries = List.copyOf(entries);
  }

  /** Reads what {@link #text} wrote. */
  static ModuleIndex parse(String text) {
    return new ModuleIndex(
        text.lines()
            .map(line -> List.of(line.split(" ", -1)))
            .map(words -> new Entry(words.get(0), words.get(1), words.subList(2, words.size())))
            .toList());
  }

  /** The entries that have a file, in order. */
  List<Entry> files() {
    return entries.stream().filter(entry -> !entry.isBuiltIn()).toList();
  }

  /** The text of the index, one line for a module. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      List<String> words = new ArrayList<>(List.of(entry.name, entry.file));
      words.addAll(entry.dependencies);
      text.append(String.join(" ", words)).append('\n');
    }
    return text.toString();
  }
}
