package dev.bulkhead.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The file of a Debian package.
 *
 * @param file where it is
 * @param name the package's name
 * @param version its version
 * @param installedBytes about how much it unpacks to
 */
record DebPackage(Path file, String name, String version, long installedBytes) {
  private static final int TAR_BLOCK = 512;

  /**
   * Reads what a package says of itself.
   *
   * @throws GuestException when the file is no package for amd64
   */
  static DebPackage read(Path file) throws GuestException {
    if (!Files.isRegularFile(file)) {
      throw new GuestException("the kernel package " + file + " is missing or no file");
    }
    ChildProgram.Result result = ChildProgram.run(List.of("dpkg-deb", "--field", file.toString()));
    if (!result.succeeded()) {
      throw new GuestException(
          "the kernel package " + file + " cannot be read (" + result.lastLine() + ")");
    }
    Map<String, String> fields = fields(result.output());
    if (!fields.getOrDefault("Architecture", "").equals("amd64")) {
      throw new GuestException(
          "the kernel package "
              + file
              + " is for "
              + fields.get("Architecture")
              + "; take one for amd64");
    }
    return new DebPackage(
        file,
        fields.get("Package"),
        fields.get("Version"),
        kibibytes(fields.getOrDefault("Installed-Size", "0")) * 1024);
  }

  /**
   * Unpacks the kernel and its modules.
   *
   * @param directory an empty directory
   * @throws IOException when it cannot be written to
   * @throws GuestException when the package is damaged
   */
  void unpack(Path directory) throws IOException, GuestException {
    try (ProgressLine progress = ProgressLine.start("unpacking " + name, installedBytes)) {
      int status =
          ChildProgram.pipe(
              List.of("dpkg-deb", "--fsys-tarfile", file.toString()),
              output -> unpack(output, directory, progress));
      if (status != 0) {
        throw new GuestException(
            "the kernel package "
                + file
                + " is damaged (dpkg-deb ended with status "
                + status
                + "): remove it and run this again");
      }
    }
  }

  private static void unpack(InputStream tar, Path directory, ProgressLine progress)
      throws IOException, GuestException {
    // Closed by whoever runs dpkg-deb.
    TarArchiveInputStream entries = new TarArchiveInputStream(tar);
    for (TarArchiveEntry entry = entries.getNextEntry();
        entry != null;
        entry = entries.getNextEntry()) {
      Path path = Path.of(entry.getName()).normalize();
      if (entry.isFile() && belongsToKernel(path)) {
        Path target = directory.resolve(path).normalize();
        if (!target.startsWith(directory)) {
          throw new GuestException("the kernel package is damaged: it has a file " + path);
        }
        Files.createDirectories(target.getParent());
        Files.copy(entries, target);
      }
      progress.advance(entry.getSize() + TAR_BLOCK);
    }
  }

  /** Debian 13 has its modules below /usr. */
  private static boolean belongsToKernel(Path path) {
    return path.startsWith("boot")
        || path.startsWith("lib/modules")
        || path.startsWith("usr/lib/modules");
  }

  private static Map<String, String> fields(String text) {
    Map<String, String> fields = new HashMap<>();
    text.lines()
        .forEach(
            line -> {
              int colon = line.indexOf(": ");
              // A line that begins with a space goes on with the field before it.
              if (colon > 0 && !line.startsWith(" ")) {
                fields.put(line.substring(0, colon), line.substring(colon + 2));
              }
            });
    return fields;
  }

  private static long kibibytes(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
