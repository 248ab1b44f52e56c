package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.List;
import java.util.Optional;

/**
 * A small {@link KubeletVolume} that the guest's agent copies into a tmpfs, with what the host
 * changes after it, so that inotify in the guest tells of changes; others are shared only.
 */
final class WatchedVolume {
  /** The limits of Kata's agent. */
  private static final int MAX_FILES = 16;

  private static final long MAX_BYTES = 1 << 20;

  private static final String PLACE = "/run/kata-containers/sandbox/watchable/";

  // An update is there twice for a moment, and may be larger than what it takes the place of.
  private static final List<String> OPTIONS = List.of("mode=0755", "size=64m");

  private int files;
  private long bytes;

  private WatchedVolume() {}

  /**
   * The storage in which the guest watches a volume, or empty if it is none to be watched.
   *
   * @param source the volume on the host
   * @param shared where the guest sees it
   */
  static Optional<Storage> of(String source, String shared) {
    if (!isWatchable(source)) {
      return Optional.empty();
    }
    return Optional.of(
        Storage.DEFAULT
            .withDriver("watchable-bind")
            .withSource(shared)
            .withFstype("tmpfs")
            .withMountPoint(PLACE + shared.substring(shared.lastIndexOf('/') + 1))
            .withOptions(OPTIONS));
  }

  private static boolean isWatchable(String source) {
    try {
      Optional<String> version = KubeletVolume.version(source);
      return version.isPresent()
          && new WatchedVolume().addDirectory(source + "/" + version.get()).isSmall();
    } catch (LinuxException e) {
      // The host is just replacing what was looked at; sharing is right always.
      return false;
    }
  }

  private WatchedVolume addDirectory(String directory) {
    for (String name : Files.list(directory)) {
      String path = directory + "/" + name;
      FileStatus status = Files.linkStatus(path);
      files++;
      bytes += status.size();
      if (status.isDirectory() && isSmall()) {
        addDirectory(path);
      }
    }
    return this;
  }

  private boolean isSmall() {
    return files <= MAX_FILES && bytes <= MAX_BYTES;
  }
}
