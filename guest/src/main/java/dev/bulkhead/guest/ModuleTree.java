package dev.bulkhead.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/**
 * The modules of one kernel, as its package has them: {@code modules.builtin}, {@code
 * modules.builtin.modinfo} and the files below {@code kernel/}. The package has no {@code
 * modules.dep}, which is made when it is installed, so what a module depends on is read from the
 * module.
 */
final class ModuleTree {
  /**
   * Where a soft dependency that is an alias is looked for. These modules run on every processor;
   * those of {@code kernel/arch} with the same alias refuse to load where an instruction is
   * missing.
   */
  private static final List<String> PORTABLE = List.of("crypto", "lib");

  private final Path directory;
  private final Map<String, Path> files;
  private final Set<String> builtIn;
  private final Set<String> builtInAliases;
  private final Map<String, byte[]> contents = new HashMap<>();
  private Optional<Map<String, String>> portableAliases = Optional.empty();

  private ModuleTree(
      Path directory, Map<String, Path> files, Set<String> builtIn, Set<String> builtInAliases) {
    this.directory = directory;
    this.files = Map.copyOf(files);
    this.builtIn = Set.copyOf(builtIn);
    this.builtInAliases = Set.copyOf(builtInAliases);
  }

  /**
   * Reads a directory {@code lib/modules/RELEASE}.
   *
   * @throws IOException when it cannot be read
   */
  static ModuleTree read(Path directory) throws IOException {
    Set<String> builtIn = builtInNames(directory.resolve("modules.builtin"));
    Map<String, Path> files = new HashMap<>();
    try (Stream<Path> tree = Files.walk(directory.resolve("kernel"))) {
      tree.filter(path -> isModule(path) && Files.isRegularFile(path))
          .forEach(path -> files.put(name(path), path));
    }
    return new ModuleTree(directory, files, builtIn, builtInAliases(directory));
  }

  /**
   * What a kernel without module files has: an index of all that is built in, by name.
   *
   * @param file the kernel's {@code modules.builtin}
   * @throws IOException when it cannot be read
   */
  static ModuleIndex builtIn(Path file) throws IOException {
    return new ModuleIndex(
        builtInNames(file).stream().sorted().map(ModuleIndex.Entry::builtIn).toList());
  }

  private static Set<String> builtInNames(Path file) throws IOException {
    Set<String> names = new HashSet<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        names.add(name(Path.of(line.strip())));
      }
    }
    return names;
  }

  /**
   * The modules asked for and all that they depend on, dependencies first.
   *
   * @param names canonical names; what the kernel does not have is left out
   * @throws IOException when a module cannot be read
   * @throws GuestException when a module is damaged, or depends on one that is missing
   */
  ModuleIndex index(List<String> names) throws IOException, GuestException {
    Map<String, ModuleIndex.Entry> entries = new LinkedHashMap<>();
    for (String name : names) {
      if (has(name)) {
        add(name, entries, new ArrayList<>());
      }
    }
    return new ModuleIndex(List.copyOf(entries.values()));
  }

  /** Whether the kernel has the module, built in or as a file. */
  boolean has(String name) {
    return builtIn.contains(name) || files.containsKey(name);
  }

  /**
   * The file of a module that is not built in, decompressed.
   *
   * @throws IOException when it cannot be read
   */
  byte[] content(String name) throws IOException {
    byte[] known = contents.get(name);
    if (known == null) {
      known = decompressed(files.get(name));
      contents.put(name, known);
    }
    return known;
  }

  private void add(String name, Map<String, ModuleIndex.Entry> entries, List<String> path)
      throws IOException, GuestException {
    if (entries.containsKey(name)) {
      return;
    }
    if (builtIn.contains(name)) {
      entries.put(name, ModuleIndex.Entry.builtIn(name));
      return;
    }
    if (path.contains(name)) {
      throw new GuestException(
          "the kernel's modules depend on each other in a circle: " + path + "; is it damaged?");
    }
    path.add(name);
    List<String> dependencies = dependencies(name);
    for (String dependency : dependencies) {
      add(dependency, entries, path);
    }
    path.removeLast();
    entries.put(name, ModuleIndex.Entry.file(name, dependencies));
  }

  /** Soft dependencies first: they need nothing of the module's other dependencies. */
  private List<String> dependencies(String name) throws IOException, GuestException {
    KernelModule module = KernelModule.parse(content(name), describe(name));
    List<String> dependencies = new ArrayList<>();
    for (String soft : module.softDependencies()) {
      provider(soft)
          .filter(provider -> !provider.equals(name) && !dependencies.contains(provider))
          .ifPresent(dependencies::add);
    }
    for (String dependency : module.dependencies()) {
      if (builtIn.contains(dependency)) {
        continue;
      }
      if (!files.containsKey(dependency)) {
        throw new GuestException(
            describe(name)
                + " depends on "
                + dependency
                + ", which the kernel package lacks; is it damaged?");
      }
      if (!dependencies.contains(dependency)) {
        dependencies.add(dependency);
      }
    }
    return dependencies;
  }

  /** The module file that gives what a soft dependency names, if one does and has to be loaded. */
  private Optional<String> provider(String soft) throws IOException, GuestException {
    String name = KernelModule.canonical(soft);
    if (builtIn.contains(name) || builtInAliases.contains(soft)) {
      return Optional.empty();
    }
    return files.containsKey(name)
        ? Optional.of(name)
        : Optional.ofNullable(portableAliases().get(soft));
  }

  private Map<String, String> portableAliases() throws IOException, GuestException {
    if (portableAliases.isEmpty()) {
      Map<String, String> aliases = new HashMap<>();
      for (String name : files.keySet().stream().sorted().toList()) {
        String part = directory.resolve("kernel").relativize(files.get(name)).getName(0).toString();
        if (PORTABLE.contains(part)) {
          for (String alias : KernelModule.parse(content(name), describe(name)).aliases()) {
            aliases.putIfAbsent(alias, name);
          }
        }
      }
      portableAliases = Optional.of(Map.copyOf(aliases));
    }
    return portableAliases.get();
  }

  private String describe(String name) {
    return "the kernel module " + directory.relativize(files.get(name));
  }

  private static boolean isModule(Path path) {
    return path.getFileName().toString().contains(".ko");
  }

  private static String name(Path file) {
    String name = file.getFileName().toString();
    return KernelModule.canonical(name.substring(0, name.indexOf(".ko")));
  }

  private static byte[] decompressed(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        InputStream module = decompressed(file, in)) {
      return module.readAllBytes();
    }
  }

  private static InputStream decompressed(Path file, InputStream in) throws IOException {
    String name = file.getFileName().toString();
    return switch (name.substring(name.lastIndexOf('.'))) {
      case ".xz" -> new XZCompressorInputStream(in);
      case ".zst" -> new ZstdCompressorInputStream(in);
      case ".gz" -> new GzipCompressorInputStream(in);
      default -> in;
    };
  }

  /** Entries are {@code module.key=value}, each ended by a zero byte. */
  private static Set<String> builtInAliases(Path directory) throws IOException {
    Set<String> aliases = new HashSet<>();
    byte[] info = Files.readAllBytes(directory.resolve("modules.builtin.modinfo"));
    for (String entry : new String(info, StandardCharsets.UTF_8).split("\0", -1)) {
      int dot = entry.indexOf('.');
      if (entry.startsWith("alias=", dot + 1)) {
        aliases.add(entry.substring(dot + 1 + "alias=".length()));
      }
    }
    return aliases;
  }
}
