package dev.bulkhead.agentapi.kubelet;

import dev.bulkhead.linux.Files;
import java.util.Optional;

/**
 * A directory as kubelet writes ConfigMaps, Secrets and projected volumes: the files lie in a
 * directory whose name begins with two dots, the version; the link {@code ..data} leads there, and
 * links beside it lead through {@code ..data} to each file. An update is a new version and a new
 * {@code ..data}, which takes the old one's place at once.
 */
public final class KubeletVolume {
  /** The link to the version that holds. */
  public static final String DATA = "..data";

  private KubeletVolume() {}

  /** The name of the version that holds, or empty if the volume is none of kubelet's. */
  public static Optional<String> version(String volume) {
    return link(volume, DATA).filter(KubeletVolume::isVersion);
  }

  /** Whether this may be the name of a version. */
  public static boolean isVersion(String name) {
    return name.startsWith("..") && name.length() > 2 && name.indexOf('/') < 0;
  }

  /** Whether it is one of the links by which programs find files. */
  public static boolean isName(String volume, String name) {
    return !name.startsWith("..") && link(volume, name).isPresent();
  }

  /** Where a link in a directory leads, or empty if there is none of that name. */
  public static Optional<String> link(String directory, String name) {
    String path = directory + "/" + name;
    return Files.linkStatusIfExists(path)
        .filter(status -> status.isSymlink())
        .map(status -> Files.readLink(path));
  }
}
