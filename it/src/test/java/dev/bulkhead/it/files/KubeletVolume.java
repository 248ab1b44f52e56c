package dev.bulkhead.it.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A directory of the host that is written as kubelet writes ConfigMaps, Secrets and projected
 * volumes: the files in a directory of their own, to which the link {@code ..data} leads.
 */
public record KubeletVolume(Path directory) {
  /** Makes the volume, or changes all of it at once. */
  public void write(int version, Map<String, String> files) throws IOException {
    Path data = directory.resolve("..data");
    Path old = directory.resolve("..version_" + (version - 1));
    Path content = Files.createDirectories(directory.resolve("..version_" + version));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(content.resolve(file.getKey()), file.getValue());
    }
    Path next = directory.resolve("..data_tmp");
    Files.createSymbolicLink(next, content.getFileName());
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
    for (String name : files.keySet()) {
      if (Files.notExists(directory.resolve(name))) {
        Files.createSymbolicLink(directory.resolve(name), Path.of("..data", name));
      }
    }
    removeStale(files);
    if (Files.exists(old)) {
      remove(old);
    }
  }

  private void removeStale(Map<String, String> files) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      for (Path name : names.toList()) {
        String text = name.getFileName().toString();
        if (!text.startsWith("..") && !files.containsKey(text)) {
          Files.delete(name);
        }
      }
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
