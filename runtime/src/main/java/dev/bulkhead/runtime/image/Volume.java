package dev.bulkhead.runtime.image;

import java.util.ArrayList;
import java.util.List;

/**
 * A file or directory of the host that a container sees.
 *
 * @param source a path of the host: absolute, or relative to the caller's working directory
 * @param destination an absolute path in the container
 * @param readOnly whether the container may only read
 * @param propagation private, shared or slave, with r before it for all below
 */
public record Volume(String source, String destination, boolean readOnly, String propagation) {
  private static final String DEFAULT_PROPAGATION = "rprivate";

  /** Options of Docker that mean nothing here: SELinux labels, macOS caching, volume copying. */
  private static final List<String> WITHOUT_EFFECT =
      List.of("z", "Z", "consistent", "cached", "delegated", "nocopy");

  private static final List<String> PROPAGATIONS =
      List.of("private", "rprivate", "shared", "rshared", "slave", "rslave");

  /**
   * Reads SOURCE:DESTINATION[:OPTION,...].
   *
   * @throws IllegalArgumentException if it is no such thing
   */
  public static Volume parse(String text) {
    List<String> parts = Words.split(text, ':');
    if (parts.size() < 2 || parts.size() > 3) {
      throw new IllegalArgumentException(
          "'" + text + "' is no volume; SOURCE:DESTINATION or SOURCE:DESTINATION:ro is expected");
    }
    String source = parts.get(0);
    String first = source.indexOf('/') < 0 ? source : source.substring(0, source.indexOf('/'));
    if (source.isEmpty() || !List.of("", ".", "..").contains(first)) {
      throw new IllegalArgumentException(
          "'"
              + source
              + "' is no path of the host; named volumes do not exist here, so begin it with"
              + " / or ./");
    }
    String destination = parts.get(1);
    if (!destination.startsWith("/") || isRoot(destination)) {
      throw new IllegalArgumentException(
          "'" + destination + "' is no absolute path below / of the container");
    }
    boolean readOnly = false;
    String propagation = DEFAULT_PROPAGATION;
    for (String option : parts.size() == 3 ? Words.split(parts.get(2), ',') : List.<String>of()) {
      if (option.equals("ro") || option.equals("rw")) {
        readOnly = option.equals("ro");
      } else if (PROPAGATIONS.contains(option)) {
        propagation = option;
      } else if (!WITHOUT_EFFECT.contains(option)) {
        throw new IllegalArgumentException(
            "'"
                + option
                + "' is no option of a volume; ro, rw and propagations such as rslave are");
      }
    }
    return new Volume(source, destination, readOnly, propagation);
  }

  private static boolean isRoot(String path) {
    return Words.split(path, '/').stream().allMatch(part -> part.isEmpty() || part.equals("."));
  }

  /** The options of its mount, as Docker writes them. */
  List<String> mountOptions() {
    List<String> options = new ArrayList<>();
    options.add("rbind");
    if (readOnly) {
      options.add("ro");
    }
    options.add(propagation);
    return options;
  }
}
