package dev.bulkhead.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes what a virtual machine boots: {@code vmlinux}, {@code initrd}, and {@code guest.properties}
 * that says what they were made of. The latter is written last, and is missing while the others do
 * not belong together.
 */
final class GuestBuild {
  static final String INITRD = "initrd";
  static final String PROPERTIES = "guest.properties";

  private static final int PT_INTERP = 3;

  private final Options options;
  private final PrintStream out;

  GuestBuild(Options options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /**
   * Makes what is missing or outdated.
   *
   * @throws IOException when a file cannot be read or written
   * @throws GuestException when there is something that the user has to put right
   */
  void run() throws IOException, GuestException {
    byte[] agent = agent();
    Files.createDirectories(options.cache());
    try (FileChannel cache =
        FileChannel.open(
            options.cache().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // Until the channel is closed: of two builds at once the second one waits and finds all done.
      cache.lock();
      GuestKernel kernel = kernel();
      if (!isCurrent(kernel)) {
        make(kernel, agent);
      }
    }
  }

  private GuestKernel kernel() throws IOException, GuestException {
    KernelCache cache = new KernelCache(options.cache(), out);
    if (options.built().isPresent()) {
      Options.Built built = options.built().get();
      return cache.fromSource(KernelSource.find(built.source()), built.config());
    }
    return options.kernelDeb().isPresent()
        ? cache.fromFile(options.kernelDeb().get())
        : cache.fromApt();
  }

  /** The agent's file, looked into: a wrong one would only show as a kernel that panics. */
  private byte[] agent() throws IOException, GuestException {
    Path file = options.agent();
    if (!Files.isRegularFile(file)) {
      throw new GuestException(
          "the agent " + file + " is missing; build it first, with make build");
    }
    byte[] agent = Files.readAllBytes(file);
    ElfFile elf = ElfFile.parse(agent, "the agent " + file);
    if (elf.segments().stream().anyMatch(segment -> segment.type() == PT_INTERP)) {
      throw new GuestException(
          "the agent "
              + file
              + " is linked dynamically; link it with -static, as the guest has"
              + " no libraries");
    }
    return agent;
  }

  private boolean isCurrent(GuestKernel kernel) throws IOException {
    SortedMap<String, String> made = KeyValueFile.read(options.output().resolve(PROPERTIES));
    return made.entrySet().containsAll(inputs(kernel).entrySet())
        && hasSize(GuestKernel.VMLINUX, made)
        && hasSize(INITRD, made);
  }

  private boolean hasSize(String name, Map<String, String> made) throws IOException {
    Path file = options.output().resolve(name);
    return Files.isRegularFile(file)
        && Long.toString(Files.size(file)).equals(made.get(name + ".bytes"));
  }

  private SortedMap<String, String> inputs(GuestKernel kernel) throws IOException {
    return new TreeMap<>(
        Map.of(
            "agent.sha256", Sha256.of(options.agent()),
            "kernel.origin", kernel.origin(),
            "kernel.package", kernel.packageName(),
            "kernel.release", kernel.release(),
            "kernel.version", kernel.packageVersion(),
            "recipe", kernel.recipe()));
  }

  private void make(GuestKernel kernel, byte[] agent) throws IOException {
    Path vmlinux = Files.createDirectories(options.output()).resolve(GuestKernel.VMLINUX);
    Path initrd = options.output().resolve(INITRD);
    Path properties = options.output().resolve(PROPERTIES);

    Map<String, byte[]> modules = kernel.moduleFiles();
    try (OutputStream stream = Files.newOutputStream(WholeFiles.incomplete(initrd))) {
      Initrd.write(stream, agent, kernel.index(), modules);
    }
    Files.copy(
        kernel.vmlinux(), WholeFiles.incomplete(vmlinux), StandardCopyOption.REPLACE_EXISTING);

    Files.deleteIfExists(properties);
    WholeFiles.complete(WholeFiles.incomplete(initrd), initrd);
    WholeFiles.complete(WholeFiles.incomplete(vmlinux), vmlinux);
    SortedMap<String, String> values = inputs(kernel);
    values.put(GuestKernel.VMLINUX + ".bytes", Long.toString(Files.size(vmlinux)));
    values.put(INITRD + ".bytes", Long.toString(Files.size(initrd)));
    KeyValueFile.write(properties, values);

    out.println(
        "made vmlinux ("
            + kibibytes(Files.size(vmlinux))
            + ") and initrd ("
            + kibibytes(Files.size(initrd))
            + ": agent "
            + kibibytes(agent.length)
            + ", "
            + modules.size()
            + " modules "
            + kibibytes(modules.values().stream().mapToLong(module -> module.length).sum())
            + ") of "
            + kernel.packageName()
            + " "
            + kernel.packageVersion());
  }

  private static String kibibytes(long bytes) {
    return (bytes + 1023) / 1024 + " KiB";
  }
}
