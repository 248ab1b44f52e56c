package dev.bulkhead.guest;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory that keeps the kernel package that was downloaded ({@code download/}) and the kernel
 * that was made of one, or of its source ({@code kernel/}), so that each is done once. Remove it to
 * get a newer kernel.
 */
final class KernelCache {
  private final Path directory;

  private final PrintStream out;

  KernelCache(Path directory, PrintStream out) {
    this.directory = directory;
    this.out = out;
  }

  /**
   * The newest kernel of Debian at the time of the first call.
   *
   * @throws IOException when the cache cannot be read or written
   * @throws GuestException when the kernel cannot be had
   */
  GuestKernel fromApt() throws IOException, GuestException {
    Optional<GuestKernel> kept = kept(GuestKernel.FROM_APT);
    if (kept.isPresent()) {
      return kept.get();
    }
    return make(DebPackage.read(downloaded()), GuestKernel.FROM_APT);
  }

  /**
   * The kernel of a package that is given.
   *
   * @throws IOException when the cache cannot be read or written
   * @throws GuestException when the package is no kernel's
   */
  GuestKernel fromFile(Path file) throws IOException, GuestException {
    DebPackage deb = DebPackage.read(file);
    String origin = "sha256:" + Sha256.of(file);
    Optional<GuestKernel> kept = kept(origin);
    return kept.isPresent() ? kept.get() : make(deb, origin);
  }

  /**
   * A kernel that is built from Debian's source.
   *
   * @param options the file with those that all kernels have
   * @throws IOException when the cache cannot be read or written
   * @throws GuestException when there is no source, or it cannot be built
   */
  GuestKernel fromSource(KernelSource source, Path options) throws IOException, GuestException {
    KernelConfiguration configuration = KernelConfiguration.read(options, source.kernelVersion());
    String origin = "source:" + source.version() + ":" + Sha256.of(configuration.text());
    Optional<GuestKernel> kept = kept(origin);
    if (kept.isPresent()) {
      return kept.get();
    }
    out.println("building a kernel from " + source);
    Path built = WholeFiles.emptyDirectory(directory.resolve("source"));
    try {
      return GuestKernel.ofSource(source, origin, source.build(configuration, built), kernel());
    } finally {
      WholeFiles.remove(built);
    }
  }

  private Optional<GuestKernel> kept(String origin) throws IOException {
    return GuestKernel.read(kernel())
        .filter(
            kernel ->
                kernel.origin().equals(origin)
                    && kernel.recipe().equals(GuestKernel.currentRecipe()));
  }

  private GuestKernel make(DebPackage deb, String origin) throws IOException, GuestException {
    out.println("unpacking " + deb.name() + " " + deb.version());
    Path unpacked = WholeFiles.emptyDirectory(directory.resolve("unpacked"));
    try {
      deb.unpack(unpacked);
      return GuestKernel.make(deb, origin, unpacked, kernel(), out);
    } finally {
      WholeFiles.remove(unpacked);
    }
  }

  private Path kernel() {
    return directory.resolve("kernel");
  }

  private Path downloaded() throws IOException, GuestException {
    Path download = Files.createDirectories(directory.resolve("download"));
    try (Stream<Path> files = Files.list(download)) {
      Optional<Path> kept = files.filter(file -> file.toString().endsWith(".deb")).findFirst();
      if (kept.isPresent()) {
        return kept.get();
      }
    }
    Path incomplete = WholeFiles.emptyDirectory(WholeFiles.incomplete(download));
    try {
      Path deb = new AptArchive(out).download(incomplete);
      return Files.move(deb, download.resolve(deb.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      WholeFiles.remove(incomplete);
    }
  }
}
