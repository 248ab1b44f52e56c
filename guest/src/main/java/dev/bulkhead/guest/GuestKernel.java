package dev.bulkhead.guest;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A kernel that is ready to be booted, in a directory of its own: {@code vmlinux}, the modules as
 * {@code NAME.ko}, their {@code index}, and {@code kernel.properties}.
 *
 * @param directory the directory
 * @param origin where the package came from: {@link #FROM_APT}, or the sum of a file
 * @param release what {@code uname -r} will print
 * @param packageName the Debian package it was taken from
 * @param packageVersion that package's version
 * @param recipe by what rules it was made
 */
record GuestKernel(
    Path directory,
    String origin,
    String release,
    String packageName,
    String packageVersion,
    String recipe) {
  static final String FROM_APT = "apt";

  /** The name of the kernel's file, here and in what is made from it. */
  static final String VMLINUX = "vmlinux";

  /** The name of the modules' index. */
  static final String INDEX = "index";

  /** Raise it when something else than the list of modules changes in what is made. */
  private static final int FORMAT = 2;

  private static final String PROPERTIES = "kernel.properties";

  /** A name for the rules by which this program makes a kernel. */
  static String currentRecipe() {
    String modules = Sha256.of(String.join(" ", WantedModules.all()));
    return FORMAT + "-" + modules.substring(0, 12);
  }

  /**
   * The kernel in a directory, if one was completed there.
   *
   * @throws IOException when it cannot be read
   */
  static Optional<GuestKernel> read(Path directory) throws IOException {
    Map<String, String> values = KeyValueFile.read(directory.resolve(PROPERTIES));
    if (!values
        .keySet()
        .containsAll(List.of("origin", "release", "package", "version", "recipe"))) {
      return Optional.empty();
    }
    return Optional.of(
        new GuestKernel(
            directory,
            values.get("origin"),
            values.get("release"),
            values.get("package"),
            values.get("version"),
            values.get("recipe")));
  }

  /**
   * Takes a kernel from an unpacked package.
   *
   * @param unpacked the package's files
   * @param directory where to put the kernel; it appears when all of it is there
   * @param out where to say what is missing and can be done without
   * @throws IOException when a file cannot be read or written
   * @throws GuestException when the package holds no kernel that can be used
   */
  static GuestKernel make(
      DebPackage deb, String origin, Path unpacked, Path directory, PrintStream out)
      throws IOException, GuestException {
    Path image = image(deb, unpacked.resolve("boot"));
    String release = image.getFileName().toString().substring("vmlinuz-".length());
    String imageName = "the kernel of " + deb.name() + " " + deb.version();
    Path incomplete = WholeFiles.emptyDirectory(WholeFiles.incomplete(directory));
    byte[] kernel = BzImage.extract(Files.readAllBytes(image), imageName);
    Files.write(incomplete.resolve(VMLINUX), Vmlinux.of(kernel, imageName));
    writeModules(ModuleTree.read(modules(deb, unpacked, release)), incomplete, out);
    return complete(
        incomplete,
        new GuestKernel(directory, origin, release, deb.name(), deb.version(), currentRecipe()));
  }

  /**
   * Takes a kernel that was built, which has all in itself and no modules: its index names what is
   * built in, so that whoever asks for such a module is told it is there.
   *
   * @param built its ELF file, in the directory where it was built
   * @param directory where to put the kernel; it appears when all of it is there
   * @throws IOException when a file cannot be read or written
   * @throws GuestException when it is no kernel that can be used
   */
  static GuestKernel ofSource(KernelSource source, String origin, Path built, Path directory)
      throws IOException, GuestException {
    Path incomplete = WholeFiles.emptyDirectory(WholeFiles.incomplete(directory));
    Files.write(
        incomplete.resolve(VMLINUX),
        Vmlinux.of(Files.readAllBytes(built), "the kernel of " + source));
    Files.writeString(
        incomplete.resolve(INDEX),
        ModuleTree.builtIn(built.resolveSibling("modules.builtin")).text());
    String release =
        Files.readString(built.resolveSibling("include/config/kernel.release")).strip();
    return complete(
        incomplete,
        new GuestKernel(
            directory, origin, release, source.name(), source.version(), currentRecipe()));
  }

  private static GuestKernel complete(Path incomplete, GuestKernel made) throws IOException {
    KeyValueFile.write(incomplete.resolve(PROPERTIES), made.properties());
    WholeFiles.remove(made.directory());
    WholeFiles.complete(incomplete, made.directory());
    return made;
  }

  Path vmlinux() {
    return directory.resolve(VMLINUX);
  }

  /** The text of the modules' index. */
  String index() throws IOException {
    return Files.readString(directory.resolve(INDEX));
  }

  /**
   * The modules by the name of their file, in the order of the index.
   *
   * @throws IOException when they cannot be read
   */
  Map<String, byte[]> moduleFiles() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (ModuleIndex.Entry entry : ModuleIndex.parse(index()).files()) {
      files.put(entry.file(), Files.readAllBytes(directory.resolve(entry.file())));
    }
    return files;
  }

  private Map<String, String> properties() {
    return new TreeMap<>(
        Map.of(
            "origin", origin,
            "release", release,
            "package", packageName,
            "version", packageVersion,
            "recipe", recipe));
  }

  private static void writeModules(ModuleTree tree, Path directory, PrintStream out)
      throws IOException, GuestException {
    for (String name : WantedModules.AT_BOOT) {
      if (!tree.has(name)) {
        throw new GuestException(
            "the kernel package has no module "
                + name
                + ", by which the agent is reached;"
                + " take Debian's linux-image-amd64");
      }
    }
    List<String> missing =
        WantedModules.ON_DEMAND.stream().filter(name -> !tree.has(name)).toList();
    if (!missing.isEmpty()) {
      out.println("the kernel package has not these modules: " + String.join(" ", missing));
    }
    ModuleIndex index = tree.index(WantedModules.all());
    for (ModuleIndex.Entry entry : index.files()) {
      Path file = directory.resolve(entry.file());
      Files.write(file, tree.content(entry.name()));
      strip(file);
    }
    Files.writeString(directory.resolve(INDEX), index.text());
  }

  /**
   * Leaves out what is not needed to load a module: symbols, type information, and the signature,
   * which goes with any change. Checking it takes the guest longer than all else about a module,
   * and would protect nothing: whoever can change the initrd can change the agent in it.
   */
  private static void strip(Path module) throws GuestException {
    ChildProgram.Result result =
        ChildProgram.run(
            List.of("objcopy", "--strip-unneeded", "--remove-section=.BTF", module.toString()));
    if (!result.succeeded()) {
      throw new GuestException(
          "cannot strip the kernel module " + module + " (" + result.lastLine() + ")");
    }
  }

  private static Path image(DebPackage deb, Path boot) throws IOException, GuestException {
    if (Files.isDirectory(boot)) {
      try (Stream<Path> files = Files.list(boot)) {
        Optional<Path> image =
            files.filter(file -> file.getFileName().toString().startsWith("vmlinuz-")).findFirst();
        if (image.isPresent()) {
          return image.get();
        }
      }
    }
    throw new GuestException(
        "the package " + deb.file() + " holds no kernel; take one named linux-image-VERSION-amd64");
  }

  private static Path modules(DebPackage deb, Path unpacked, String release) throws GuestException {
    return Stream.of("lib/modules", "usr/lib/modules")
        .map(parent -> unpacked.resolve(parent).resolve(release))
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(
            () ->
                new GuestException(
                    "the package " + deb.file() + " holds no modules for its kernel " + release));
  }
}
