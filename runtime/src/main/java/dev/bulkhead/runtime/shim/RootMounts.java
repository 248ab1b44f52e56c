package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.shimapi.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Mounts what containerd's snapshotter describes on the root of a bundle, in this process's mount
 * namespace, with which it ends.
 */
final class RootMounts {
  private static final String LOWER = "lowerdir=";

  /** What mount(2) takes beside the text. */
  private static final int PAGE = 4096;

  private static final Map<String, Long> FLAGS =
      Map.ofEntries(
          Map.entry("ro", Mounts.MS_RDONLY),
          Map.entry("nosuid", Mounts.MS_NOSUID),
          Map.entry("nodev", Mounts.MS_NODEV),
          Map.entry("noexec", Mounts.MS_NOEXEC),
          Map.entry("sync", Mounts.MS_SYNCHRONOUS),
          Map.entry("dirsync", Mounts.MS_DIRSYNC),
          Map.entry("noatime", Mounts.MS_NOATIME),
          Map.entry("nodiratime", Mounts.MS_NODIRATIME),
          Map.entry("relatime", Mounts.MS_RELATIME),
          Map.entry("strictatime", Mounts.MS_STRICTATIME),
          Map.entry("bind", Mounts.MS_BIND),
          Map.entry("rbind", Mounts.MS_BIND | Mounts.MS_REC));
  private static final List<String> WITHOUT_MEANING =
      List.of("", "rw", "defaults", "loop", "rprivate");

  private RootMounts() {}

  /**
   * A mount's options as mount(2) takes them.
   *
   * @param lower an overlay's lower directories, the uppermost first; none for other mounts
   * @param data the other options of the file system
   */
  record Options(long flags, List<String> lower, String data) {
    /** Sorts the words. */
    static Options parse(List<String> words) {
      long flags = 0;
      List<String> lower = List.of();
      StringBuilder data = new StringBuilder();
      for (String word : words) {
        Long flag = FLAGS.get(word);
        if (flag != null) {
          flags |= flag;
        } else if (word.startsWith(LOWER)) {
          lower = split(word.substring(LOWER.length()));
        } else if (!WITHOUT_MEANING.contains(word)) {
          data.append(data.isEmpty() ? "" : ",").append(word);
        }
      }
      return new Options(flags, lower, data.toString());
    }

    private static List<String> split(String joined) {
      List<String> parts = new ArrayList<>();
      int start = 0;
      for (int i = 0; i <= joined.length(); i++) {
        boolean escaped = i > 0 && i < joined.length() && joined.charAt(i - 1) == '\\';
        if (i == joined.length() || (joined.charAt(i) == ':' && !escaped)) {
          parts.add(joined.substring(start, i));
          start = i + 1;
        }
      }
      return parts;
    }

    /** The directory that all lower directories lie in, with a slash at its end. */
    String commonDirectory() {
      String common = lower.isEmpty() ? "/" : lower.getFirst();
      for (String directory : lower) {
        int same = 0;
        int most = Math.min(common.length(), directory.length());
        while (same < most && common.charAt(same) == directory.charAt(same)) {
          same++;
        }
        common = common.substring(0, same);
      }
      return common.substring(0, common.lastIndexOf('/') + 1);
    }

    /** The text for the kernel, with lower directories relative to a directory. */
    String text(String directory) {
      if (lower.isEmpty()) {
        return data;
      }
      StringBuilder text = new StringBuilder(data).append(data.isEmpty() ? "" : ",").append(LOWER);
      for (int i = 0; i < lower.size(); i++) {
        text.append(i == 0 ? "" : ":").append(lower.get(i).substring(directory.length()));
      }
      return text.toString();
    }
  }

  /**
   * Mounts them one after another.
   *
   * @throws ContainerException if one fails
   */
  static void mount(List<Mount> mounts, String root) {
    for (Mount mount : mounts) {
      String target = mount.target().isEmpty() ? root : root + "/" + mount.target();
      try {
        mount(mount, target);
      } catch (LinuxException e) {
        throw new ContainerException(
            "the root file system cannot be mounted on '" + root + "': " + e.getMessage(), e);
      }
    }
  }

  private static void mount(Mount mount, String target) {
    Options options = Options.parse(mount.options());
    if ((options.flags() & Mounts.MS_BIND) != 0 || mount.type().equals("bind")) {
      Mounts.bind(mount.source(), target, (options.flags() & Mounts.MS_REC) != 0);
      if ((options.flags() & Mounts.MS_RDONLY) != 0) {
        try (Fd bound = Files.open(target, Open.O_PATH)) {
          Mounts.makeReadOnly(bound, false);
        }
      }
      return;
    }
    String text = options.text("");
    if (text.length() < PAGE) {
      Mounts.mount(mount.source(), target, mount.type(), options.flags(), text);
      return;
    }
    // An image of many layers does not fit with whole paths, but relative to where they all lie.
    String common = options.commonDirectory();
    Files.changeDirectory(common);
    try {
      Mounts.mount(mount.source(), target, mount.type(), options.flags(), options.text(common));
    } finally {
      Files.changeDirectory("/");
    }
  }

  /** Lets go of everything that is mounted on the root of a bundle. */
  static void unmount(String root) {
    for (String mountPoint : Mounts.below(root)) {
      Mounts.detachIfMounted(mountPoint);
    }
  }
}
