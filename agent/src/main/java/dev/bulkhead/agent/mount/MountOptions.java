package dev.bulkhead.agent.mount;

import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Mounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A mount's options in the words of the OCI specification (those of mount(8)), sorted by whom they
 * are for.
 *
 * @param binding whether an existing file is to appear here, and with what
 * @param attributes for the mount itself
 * @param attributesBelow for the mount and all below it: the words with an "r" in front
 * @param propagation MS_ propagation flags, each for a call of its own
 * @param copyUp whether a tmpfs begins with what lies below its mount point
 * @param fileSystem the file system's own options
 */
public record MountOptions(
    Binding binding,
    Attributes attributes,
    Attributes attributesBelow,
    List<Long> propagation,
    boolean copyUp,
    List<String> fileSystem) {

  /** Whether a mount shows an existing file: not, that file's mount, or those below it too. */
  public enum Binding {
    NONE,
    ALONE,
    RECURSIVE
  }

  /**
   * Attributes to change, as {@link DetachedMount#setAttributes} takes them.
   *
   * @param set bits to set
   * @param clear bits to clear before
   */
  public record Attributes(long set, long clear) {
    static final Attributes UNCHANGED = new Attributes(0, 0);

    /** This change, then another: the later one wins. */
    Attributes and(Attributes later) {
      return new Attributes((set & ~later.clear) | later.set, clear | later.clear);
    }
  }

  private static final Map<String, Attributes> ATTRIBUTES =
      Map.ofEntries(
          on("ro", DetachedMount.READ_ONLY),
          off("rw", DetachedMount.READ_ONLY),
          on("nosuid", DetachedMount.NO_SUID),
          off("suid", DetachedMount.NO_SUID),
          on("nodev", DetachedMount.NO_DEVICES),
          off("dev", DetachedMount.NO_DEVICES),
          on("noexec", DetachedMount.NO_EXEC),
          off("exec", DetachedMount.NO_EXEC),
          on("nodiratime", DetachedMount.NO_DIRECTORY_ACCESS_TIME),
          off("diratime", DetachedMount.NO_DIRECTORY_ACCESS_TIME),
          on("nosymfollow", DetachedMount.NO_FOLLOW),
          off("symfollow", DetachedMount.NO_FOLLOW),
          accessTime("relatime", 0),
          accessTime("noatime", DetachedMount.NO_ACCESS_TIME),
          accessTime("strictatime", DetachedMount.STRICT_ACCESS_TIME),
          // The kernel's default, which these ask for, is relatime.
          accessTime("atime", 0),
          accessTime("norelatime", 0),
          accessTime("nostrictatime", 0));

  private static final Map<String, Long> PROPAGATION =
      Map.of(
          "private",
          Mounts.MS_PRIVATE,
          "rprivate",
          Mounts.MS_PRIVATE | Mounts.MS_REC,
          "slave",
          Mounts.MS_SLAVE,
          "rslave",
          Mounts.MS_SLAVE | Mounts.MS_REC,
          "shared",
          Mounts.MS_SHARED,
          "rshared",
          Mounts.MS_SHARED | Mounts.MS_REC,
          "unbindable",
          Mounts.MS_UNBINDABLE,
          "runbindable",
          Mounts.MS_UNBINDABLE | Mounts.MS_REC);

  public MountOptions {
    propagation = List.copyOf(propagation);
    fileSystem = List.copyOf(fileSystem);
  }

  private static Map.Entry<String, Attributes> on(String word, long bit) {
    return Map.entry(word, new Attributes(bit, bit));
  }

  private static Map.Entry<String, Attributes> off(String word, long bit) {
    return Map.entry(word, new Attributes(0, bit));
  }

  private static Map.Entry<String, Attributes> accessTime(String word, long policy) {
    return Map.entry(word, new Attributes(policy, DetachedMount.ACCESS_TIME));
  }

  /**
   * Sorts the words; later ones win over earlier ones. What is none of the known words is the file
   * system's.
   *
   * @throws IllegalArgumentException for a word that asks for what is not supported
   */
  public static MountOptions parse(List<String> options) {
    Binding binding = Binding.NONE;
    Attributes attributes = Attributes.UNCHANGED;
    Attributes below = Attributes.UNCHANGED;
    List<Long> propagation = new ArrayList<>();
    boolean copyUp = false;
    List<String> fileSystem = new ArrayList<>();
    for (String option : options) {
      Attributes own = ATTRIBUTES.get(option);
      Attributes recursive = option.startsWith("r") ? ATTRIBUTES.get(option.substring(1)) : null;
      Long spread = PROPAGATION.get(option);
      if (own != null) {
        attributes = attributes.and(own);
      } else if (recursive != null) {
        below = below.and(recursive);
      } else if (spread != null) {
        propagation.add(spread);
      } else {
        switch (option) {
          case "bind" -> binding = binding == Binding.NONE ? Binding.ALONE : binding;
          case "rbind" -> binding = Binding.RECURSIVE;
          case "tmpcopyup" -> copyUp = true;
          // What mount(8) does by default, and what only a caller of mount(2) hears.
          case "", "defaults", "silent", "loud" -> {}
          case "remount", "idmap", "ridmap" ->
              throw new IllegalArgumentException(
                  "the mount option '" + option + "' is not supported");
          default -> fileSystem.add(option);
        }
      }
    }
    return new MountOptions(binding, attributes, below, propagation, copyUp, fileSystem);
  }

  /** The propagation flags of "rprivate" and its like; 0 for "". */
  public static long propagation(String word) {
    if (word.isEmpty()) {
      return 0;
    }
    Long flags = PROPAGATION.get(word);
    if (flags == null) {
      throw new IllegalArgumentException("there is no mount propagation '" + word + "'");
    }
    return flags;
  }

  /** The value of a file system's option of the form "key=value"; "" if it is not there. */
  public String value(String key) {
    for (String option : fileSystem) {
      if (option.startsWith(key + "=")) {
        return option.substring(key.length() + 1);
      }
    }
    return "";
  }
}
