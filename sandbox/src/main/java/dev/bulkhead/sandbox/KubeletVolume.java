package dev.bulkhead.sandbox;

import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.Optional;

/**
 * How kubelet writes ConfigMaps, Secrets and the like: the files lie in a directory whose name
 * begins with two dots, the link {@code ..data} leads there, and links beside it lead through
 * {@code ..data} to each file. An update is a new directory and a new {@code ..data}, which takes
 * the old one's place at once.
 */
final class KubeletVolume {
  /** The link to the version that holds. */
  static final String DATA = "..data";

  private KubeletVolume() {}

  /**
   * The name of the version's directory that holds, or empty if the volume is none of kubelet's.
   */
  static Optional<String> version(String volume) {
    String data = volume + "/" + DATA;
    try {
      if (!Files.isDirectory(volume) || !Files.linkStatus(data).isSymlink()) {
        return Optional.empty();
      }
      String name = Files.readLink(data);
      boolean plain = name.startsWith("..") && name.length() > 2 && name.indexOf('/') < 0;
      return plain ? Optional.of(name) : Optional.empty();
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether it is one of the links by which programs find files. */
  static boolean isName(String volume, String name) {
    FileStatus status = Files.linkStatus(volume + "/" + name);
    return !name.startsWith("..") && status.isSymlink();
  }
}
