package dev.bulkhead.agent.storage;

import dev.bulkhead.linux.Files;
import java.util.Optional;

/**
 * The links of a volume that is written as kubelet writes ConfigMaps, Secrets and projected
 * volumes: the files lie in a directory whose name begins with two dots, the link {@code ..data}
 * leads there, and links beside it lead through {@code ..data} to each file. An update is a new
 * directory and a new {@code ..data}, which takes the old one's place at once.
 */
final class KubeletLinks {
  /** The link to the version that holds. */
  static final String DATA = "..data";

  private static final String NEXT = "..data_tmp";

  private KubeletLinks() {}

  /** Whether this may be the name of a version's directory. */
  static boolean isVersion(String name) {
    return name.startsWith("..") && name.length() > 2 && name.indexOf('/') < 0;
  }

  /** Where a link leads, if it is there. */
  static Optional<String> read(String directory, String name) {
    String path = directory + "/" + name;
    return Files.linkStatusIfExists(path)
        .filter(status -> status.isSymlink())
        .map(status -> Files.readLink(path));
  }

  /** Makes a link, in the place of another one. */
  static void put(String directory, String text, String name) {
    String next = directory + "/" + NEXT;
    Files.removeIfExists(next);
    Files.symlink(text, next);
    Files.rename(next, directory + "/" + name);
  }

  /** Removes a version that holds no more, and the names of what it alone had. */
  static void removeVersion(String directory, String version) {
    if (isVersion(version)) {
      Files.removeTree(directory + "/" + version);
    }
    for (String name : Files.list(directory)) {
      boolean ofVersion = read(directory, name).filter(to -> to.startsWith(DATA + "/")).isPresent();
      if (ofVersion && !Files.exists(directory + "/" + name)) {
        Files.remove(directory + "/" + name);
      }
    }
  }
}
