package dev.bulkhead.agent.storage;

import dev.bulkhead.agent.mount.TreeCopy;
import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.List;

/**
 * A directory of the guest that follows a small one of the host, so that inotify tells containers
 * of what the host changes, which it does not on a share. The host's is a {@link KubeletVolume},
 * and here an update happens in the same order as there.
 */
final class WatchedVolume implements AutoCloseable {
  /** The name of the storage driver, as Kata has it. */
  static final String DRIVER = "watchable-bind";

  // With the second that virtio-fs may keep a name, less than two seconds.
  private static final long POLL_MILLIS = 500;
  private static final int FIRST_ATTEMPTS = 5;

  // The kernel takes less than 976 bytes, of which a character may need four.
  private static final int LONGEST = 240;

  private final EventLoop loop;
  private final String source;
  private final String target;
  private EventLoop.Timer timer;
  private String version = "";
  private String reported = "";

  private WatchedVolume(EventLoop loop, String source, String target) {
    this.loop = loop;
    this.source = source;
    this.target = target;
  }

  /**
   * Copies a volume and keeps the copy up to date until it is closed.
   *
   * @param target an empty directory, which stays the caller's
   * @throws LinuxException if the volume cannot be copied
   */
  static WatchedVolume follow(EventLoop loop, String source, String target) {
    WatchedVolume volume = new WatchedVolume(loop, source, target);
    volume.copyFirst();
    volume.pollLater();
    return volume;
  }

  private void copyFirst() {
    for (int attempt = 1; version.isEmpty(); attempt++) {
      try {
        update();
      } catch (LinuxException e) {
        // The host may just be replacing what is copied.
        if (attempt == FIRST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void pollLater() {
    timer = loop.schedule(POLL_MILLIS, this::poll);
  }

  private void poll() {
    try {
      update();
    } catch (LinuxException | IllegalArgumentException e) {
      report(e);
    }
    pollLater();
  }

  private void update() {
    String wanted = Files.readLink(source + "/" + KubeletVolume.DATA);
    if (wanted.equals(version)) {
      return;
    }
    if (!KubeletVolume.isVersion(wanted)) {
      throw new IllegalArgumentException(
          "'" + source + "' is no volume that can be watched: ..data leads to '" + wanted + "'");
    }
    String copy = target + "/" + wanted;
    try {
      TreeCopy.copy(source + "/" + wanted, copy);
    } catch (LinuxException e) {
      Files.removeTree(copy);
      throw e;
    }
    KubeletLinks.put(target, wanted, KubeletVolume.DATA);
    updateNames();
    if (!version.isEmpty()) {
      Files.removeTree(target + "/" + version);
    }
    version = wanted;
  }

  /** The links by which programs find the files. */
  private void updateNames() {
    List<String> wanted = names(source);
    List<String> present = names(target);
    for (String name : wanted) {
      String text = Files.readLink(source + "/" + name);
      if (!present.contains(name) || !Files.readLink(target + "/" + name).equals(text)) {
        KubeletLinks.put(target, text, name);
      }
    }
    for (String name : present) {
      if (!wanted.contains(name)) {
        Files.remove(target + "/" + name);
      }
    }
  }

  private static List<String> names(String directory) {
    return Files.list(directory, TreeCopy.MOST_NAMES).stream()
        .filter(name -> KubeletVolume.isName(directory, name))
        .toList();
  }

  /** The copy stays as it was; the next turn tries again, as the host may be in the middle. */
  private void report(RuntimeException failure) {
    String reason = failure.getMessage();
    if (!reason.equals(reported)) {
      reported = reason;
      String text = "<4>bulkhead: the volume '" + source + "' is not up to date: " + reason;
      try {
        Files.writeExisting("/dev/kmsg", text.substring(0, Math.min(LONGEST, text.length())));
      } catch (LinuxException e) {
        // The kernel takes no more; the volume is as it was.
      }
    }
  }

  /** Stops following; the copy stays. */
  @Override
  public void close() {
    timer.cancel();
  }
}
