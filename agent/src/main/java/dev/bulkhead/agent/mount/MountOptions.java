package dev.bulkhead.agent.mount;

import dev.bulkhead.linux.Mounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A mount's options as mount(2) takes them, from the words of the OCI specification (those of
 * mount(8)).
 *
 * @param flags MS_ flags to set
 * @param cleared MS_ flags that an option took away
 * @param propagation MS_ propagation flags, each for a call of its own
 * @param recursiveReadOnly whether all mounts below are made read-only too
 * @param copyUp whether a tmpfs begins with what lies below its mount point
 * @param data the file system's own options, joined by commas
 */
public record MountOptions(
    long flags,
    long cleared,
    List<Long> propagation,
    boolean recursiveReadOnly,
    boolean copyUp,
    String data) {

  private static final Map<String, Long> SET =
      Map.ofEntries(
          Map.entry("ro", Mounts.MS_RDONLY),
          Map.entry("nosuid", Mounts.MS_NOSUID),
          Map.entry("nodev", Mounts.MS_NODEV),
          Map.entry("noexec", Mounts.MS_NOEXEC),
          Map.entry("sync", Mounts.MS_SYNCHRONOUS),
          Map.entry("remount", Mounts.MS_REMOUNT),
          Map.entry("mand", Mounts.MS_MANDLOCK),
          Map.entry("dirsync", Mounts.MS_DIRSYNC),
          Map.entry("nosymfollow", Mounts.MS_NOSYMFOLLOW),
          Map.entry("noatime", Mounts.MS_NOATIME),
          Map.entry("nodiratime", Mounts.MS_NODIRATIME),
          Map.entry("bind", Mounts.MS_BIND),
          Map.entry("rbind", Mounts.MS_BIND | Mounts.MS_REC),
          Map.entry("silent", Mounts.MS_SILENT),
          Map.entry("relatime", Mounts.MS_RELATIME),
          Map.entry("iversion", Mounts.MS_I_VERSION),
          Map.entry("strictatime", Mounts.MS_STRICTATIME),
          Map.entry("lazytime", Mounts.MS_LAZYTIME));

  private static final Map<String, Long> CLEAR =
      Map.ofEntries(
          Map.entry("rw", Mounts.MS_RDONLY),
          Map.entry("suid", Mounts.MS_NOSUID),
          Map.entry("dev", Mounts.MS_NODEV),
          Map.entry("exec", Mounts.MS_NOEXEC),
          Map.entry("async", Mounts.MS_SYNCHRONOUS),
          Map.entry("nomand", Mounts.MS_MANDLOCK),
          Map.entry("symfollow", Mounts.MS_NOSYMFOLLOW),
          Map.entry("atime", Mounts.MS_NOATIME),
          Map.entry("diratime", Mounts.MS_NODIRATIME),
          Map.entry("loud", Mounts.MS_SILENT),
          Map.entry("norelatime", Mounts.MS_RELATIME),
          Map.entry("noiversion", Mounts.MS_I_VERSION),
          Map.entry("nostrictatime", Mounts.MS_STRICTATIME),
          Map.entry("nolazytime", Mounts.MS_LAZYTIME));

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
  }

  /** Sorts the words; later ones win over earlier ones. What is no flag is the file system's. */
  public static MountOptions parse(List<String> options) {
    long flags = 0;
    long cleared = 0;
    boolean recursiveReadOnly = false;
    boolean copyUp = false;
    List<Long> propagation = new ArrayList<>();
    StringBuilder data = new StringBuilder();
    for (String option : options) {
      Long set = SET.get(option);
      Long clear = CLEAR.get(option);
      Long spread = PROPAGATION.get(option);
      if (set != null) {
        flags |= set;
        cleared &= ~set;
      } else if (clear != null) {
        flags &= ~clear;
        cleared |= clear;
      } else if (spread != null) {
        propagation.add(spread);
      } else if (option.equals("rro")) {
        recursiveReadOnly = true;
        flags |= Mounts.MS_RDONLY;
      } else if (option.equals("tmpcopyup")) {
        copyUp = true;
      } else if (!option.equals("defaults") && !option.isEmpty()) {
        data.append(data.isEmpty() ? "" : ",").append(option);
      }
    }
    return new MountOptions(
        flags, cleared, propagation, recursiveReadOnly, copyUp, data.toString());
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

  public boolean isBind() {
    return (flags & Mounts.MS_BIND) != 0;
  }

  public boolean isRecursive() {
    return (flags & Mounts.MS_REC) != 0;
  }
}
