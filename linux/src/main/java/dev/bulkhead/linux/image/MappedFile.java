package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;

/** A file that a process has mapped, as its program and libraries, by what changes with it. */
record MappedFile(String path, long inode, long size, long modifiedNanos, long changedNanos) {
  /** The file that is there now. */
  static MappedFile at(String path) {
    try {
      return of(path, Files.status(path));
    } catch (LinuxException e) {
      throw new ProcessImageException("it has mapped a file that is gone: " + path, e);
    }
  }

  private static MappedFile of(String path, FileStatus status) {
    return new MappedFile(
        path, status.inode(), status.size(), status.modifiedNanos(), status.changedNanos());
  }

  /**
   * Opens it, the caller's to close.
   *
   * @throws ProcessImageException if another one is there now
   */
  Fd open() {
    Fd file = Files.open(path, Open.O_RDONLY);
    if (!of(path, Files.status(file)).equals(this)) {
      file.close();
      throw new ProcessImageException(path + " has changed since");
    }
    return file;
  }
}
