package dev.bulkhead.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files and directories that are there as a whole or not at all, whenever a build is stopped. */
final class WholeFiles {
  private WholeFiles() {}

  /** The name under which a file or directory is made. */
  static Path incomplete(Path path) {
    return path.resolveSibling(path.getFileName() + ".new");
  }

  /**
   * Puts what is made in its place, which a file may hold, a directory may not.
   *
   * @throws IOException when it cannot be moved
   */
  static void complete(Path incomplete, Path path) throws IOException {
    Files.move(incomplete, path, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Removes a file, or a directory and all in it, if it is there.
   *
   * @throws IOException when something cannot be removed
   */
  static void remove(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> found;
    try (Stream<Path> tree = Files.walk(path)) {
      found = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : found) {
      Files.delete(file);
    }
  }

  /**
   * An empty directory, whatever was there before.
   *
   * @throws IOException when it cannot be made
   */
  static Path emptyDirectory(Path path) throws IOException {
    remove(path);
    return Files.createDirectories(path);
  }
}
