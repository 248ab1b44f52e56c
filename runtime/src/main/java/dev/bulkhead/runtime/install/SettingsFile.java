package dev.bulkhead.runtime.install;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A file of settings that is replaced as a whole or not at all, keeps its mode and owner, and has a
 * copy beside it of what it was before the first change.
 */
final class SettingsFile {
  private static final String BACKUP = ".before-bulkhead";
  private static final String TEMPORARY = ".bulkhead-new";
  private static final int MODE = 0644;
  private static final int MOST_LINKS = 16;

  private final String path;

  /**
   * A file, or what a symbolic link of this path leads to.
   *
   * @param path absolute
   */
  SettingsFile(String path) {
    this.path = followed(path);
  }

  private static String followed(String path) {
    String current = path;
    for (int i = 0; i < MOST_LINKS; i++) {
      if (!isLink(current)) {
        return current;
      }
      String target = Files.readLink(current);
      current =
          target.startsWith("/")
              ? target
              : current.substring(0, current.lastIndexOf('/') + 1) + target;
    }
    throw new SettingsException("the symbolic links of '" + path + "' lead nowhere");
  }

  private static boolean isLink(String path) {
    try {
      return Files.linkStatus(path).isSymlink();
    } catch (LinuxException e) {
      // It does not exist yet; whatever else is wrong is told when it is read.
      return false;
    }
  }

  String path() {
    return path;
  }

  String backupPath() {
    return path + BACKUP;
  }

  /** Its text, or empty if there is none. */
  Optional<String> read() {
    return Files.readTextIfExists(path);
  }

  /** What it was before the first change, if there was one and a file before it. */
  Optional<String> readBackup() {
    return Files.readTextIfExists(backupPath());
  }

  /** Copies the file beside it unless there is a copy already, or no file. */
  void backUp() {
    Optional<String> text = read();
    if (text.isPresent() && !Files.exists(backupPath())) {
      write(backupPath(), text.get());
    }
  }

  /** Replaces its text, and makes file and directory where they are missing. */
  void write(String text) {
    write(path, text);
  }

  private void write(String target, String text) {
    Files.makeDirectories(path.substring(0, Math.max(1, path.lastIndexOf('/'))), 0755);
    Optional<FileStatus> former = Files.statusIfExists(path);
    String temporary = target + TEMPORARY;
    try (Fd fd = Files.open(temporary, Open.O_WRONLY | Open.O_CREAT | Open.O_TRUNC, 0600)) {
      fd.writeAll(text.getBytes(StandardCharsets.UTF_8));
      if (former.isPresent()) {
        fd.changeOwner(former.get().uid(), former.get().gid());
      }
      Files.changeMode(temporary, former.map(status -> status.mode() & 07777).orElse(MODE));
      fd.sync();
    } catch (LinuxException e) {
      Files.removeIfExists(temporary);
      throw e;
    }
    Files.rename(temporary, target);
  }

  void remove() {
    Files.removeIfExists(path);
  }

  void removeBackup() {
    Files.removeIfExists(backupPath());
  }
}
