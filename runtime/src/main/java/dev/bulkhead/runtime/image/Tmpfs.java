package dev.bulkhead.runtime.image;

import java.util.ArrayList;
import java.util.List;

/**
 * A file system in memory, mounted in a container.
 *
 * @param destination an absolute path in the container
 * @param options of mount(8) and tmpfs(5), none contradicting another
 */
public record Tmpfs(String destination, List<String> options) {
  private static final List<String> FLAGS =
      List.of(
          "ro",
          "rw",
          "exec",
          "noexec",
          "suid",
          "nosuid",
          "dev",
          "nodev",
          "atime",
          "noatime",
          "relatime",
          "strictatime",
          "nodiratime",
          "sync",
          "async");

  private static final List<String> SETTINGS =
      List.of("size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol");

  public Tmpfs {
    options = List.copyOf(options);
  }

  /**
   * Reads DESTINATION[:OPTION,...]; Docker's noexec, nosuid and nodev hold unless contradicted.
   *
   * @throws IllegalArgumentException if it is no such thing
   */
  public static Tmpfs parse(String text) {
    int colon = text.indexOf(':');
    String destination = colon < 0 ? text : text.substring(0, colon);
    if (!destination.startsWith("/") || destination.length() < 2) {
      throw new IllegalArgumentException(
          "'" + text + "' does not begin with an absolute path below / of the container");
    }
    List<String> options = new ArrayList<>(List.of("noexec", "nosuid", "nodev"));
    for (String option :
        colon < 0 ? List.<String>of() : Words.split(text.substring(colon + 1), ',')) {
      int equals = option.indexOf('=');
      boolean known =
          equals < 0 ? FLAGS.contains(option) : SETTINGS.contains(option.substring(0, equals));
      if (!known) {
        throw new IllegalArgumentException(
            "'" + option + "' is no option of tmpfs; size=64m, mode=1777, ro, exec are some");
      }
      options.removeIf(other -> subject(other).equals(subject(option)));
      options.add(option);
    }
    return new Tmpfs(destination, options);
  }

  /** What an option decides: two of one subject contradict each other. */
  private static String subject(String option) {
    int equals = option.indexOf('=');
    if (equals >= 0) {
      return option.substring(0, equals);
    }
    return switch (option) {
      case "ro", "rw" -> "ro";
      case "atime", "noatime", "relatime", "strictatime" -> "atime";
      case "sync", "async" -> "sync";
      default -> option.startsWith("no") ? option.substring(2) : option;
    };
  }
}
