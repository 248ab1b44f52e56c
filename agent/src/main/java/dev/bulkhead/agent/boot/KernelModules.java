package dev.bulkhead.agent.boot;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.linux.Open;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The kernel modules that the initrd carries, loaded when something needs them.
 *
 * <p>The index that the guest's maker wrote names one module a line: its name, its file (or
 * "builtin"), and the modules that have to be loaded before it.
 */
public final class KernelModules {
  private static final String DIRECTORY = "/lib/modules";
  private static final String BUILTIN = "builtin";

  private final Map<String, List<String>> index;
  private final Set<String> loaded = new HashSet<>();

  private KernelModules(Map<String, List<String>> index) {
    this.index = index;
  }

  /** Reads the initrd's index; a guest without one has all it needs in its kernel. */
  public static KernelModules open() {
    return new KernelModules(parse(Files.readTextIfExists(DIRECTORY + "/index").orElse("")));
  }

  static Map<String, List<String>> parse(String text) {
    Map<String, List<String>> index = new HashMap<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      if (end < 0) {
        end = text.length();
      }
      List<String> words = words(text.substring(start, end));
      if (words.size() >= 2 && !words.getFirst().startsWith("#")) {
        index.put(canonical(words.getFirst()), List.copyOf(words.subList(1, words.size())));
      }
      start = end + 1;
    }
    return index;
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= line.length(); i++) {
      if (i == line.length() || line.charAt(i) == ' ') {
        if (i > start) {
          words.add(line.substring(start, i));
        }
        start = i + 1;
      }
    }
    return words;
  }

  /**
   * Loads a module and what it needs. A module that the initrd does not carry is taken to be in the
   * kernel: what needs it will say if not.
   */
  public void load(String name) {
    load(name, "");
  }

  /** As {@link #load(String)}, with the module's own parameters, separated by blanks. */
  public void load(String name, String parameters) {
    String canonical = canonical(name);
    List<String> entry = index.get(canonical);
    if (entry == null || loaded.contains(canonical) || entry.getFirst().equals(BUILTIN)) {
      return;
    }
    for (String dependency : entry.subList(1, entry.size())) {
      load(dependency);
    }
    insert(entry.getFirst(), parameters);
    loaded.add(canonical);
  }

  /** The kernel takes both spellings of a module's name for the same. */
  private static String canonical(String name) {
    return name.replace('-', '_');
  }

  private static void insert(String file, String parameters) {
    try (Fd module = Files.open(DIRECTORY + "/" + file, Open.O_RDONLY)) {
      Machine.loadModule(module, parameters);
    } catch (LinuxException e) {
      // Drivers for hardware that is not there refuse to be loaded; who needs it will say so.
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  /** Whether the initrd carries the module or the kernel has it built in. */
  public boolean has(String name) {
    return index.containsKey(canonical(name));
  }
}
