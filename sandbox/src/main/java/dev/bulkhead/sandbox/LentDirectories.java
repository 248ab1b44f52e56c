package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The directories of the host that guests may write at the moment, those of all sandboxes: a link
 * in one of them may have been put there by a guest. Each sandbox writes its own down in a file,
 * which it holds locked while it lives; whose lock is free is dead, and its file is removed by the
 * next one that writes or reads.
 */
final class LentDirectories {
  private static final String PLACE = "/run/bulkhead/.lent";
  private static final int LIMIT = 1 << 20;

  private Optional<Fd> own = Optional.empty();

  /**
   * A directory, whatever its path.
   *
   * @param device of its file system, as "MAJOR:MINOR"
   */
  record Id(String device, long inode) {
    static Id of(FileStatus status) {
      return new Id(status.deviceMajor() + ":" + status.deviceMinor(), status.inode());
    }
  }

  /** Adds a directory of this sandbox. */
  void add(FileStatus directory) {
    Id id = Id.of(directory);
    own().writeAll((id.device() + " " + id.inode() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private Fd own() {
    if (own.isEmpty()) {
      Files.makeDirectories(PLACE, 0700);
      sweep();
      own = Optional.of(make());
    }
    return own.get();
  }

  /** Looks at those only whose process is gone, for there may be many that live. */
  private static void sweep() {
    for (String name : Files.list(PLACE)) {
      if (!Files.exists("/proc/" + name.substring(0, Math.max(0, name.indexOf('-'))))) {
        read(PLACE + "/" + name, new HashSet<>());
      }
    }
  }

  private static Fd make() {
    while (true) {
      String path = PLACE + "/" + Processes.pid() + "-" + Clock.realtimeNanos();
      Fd file = Files.open(path, Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL | Open.O_APPEND, 0600);
      file.lock(true);
      // Between the two it looked like a dead one's.
      if (Files.exists(path)) {
        return file;
      }
      file.close();
    }
  }

  /** The directories of all sandboxes that live. */
  static Set<Id> all() {
    Set<Id> all = new HashSet<>();
    if (Files.isDirectory(PLACE)) {
      for (String name : Files.list(PLACE)) {
        read(PLACE + "/" + name, all);
      }
    }
    return all;
  }

  /** Adds a living sandbox's directories; removes a dead one's file. */
  private static void read(String path, Set<Id> all) {
    try (Fd file = Files.open(path, Open.O_RDONLY)) {
      if (file.lock(false)) {
        Files.removeIfExists(path);
        return;
      }
      String text = new String(file.readAll(LIMIT), StandardCharsets.UTF_8);
      int start = 0;
      for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        int blank = text.indexOf(' ', start);
        all.add(
            new Id(text.substring(start, blank), Long.parseLong(text.substring(blank + 1, end))));
        start = end + 1;
      }
    } catch (LinuxException e) {
      // Its sandbox has ended just now.
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
