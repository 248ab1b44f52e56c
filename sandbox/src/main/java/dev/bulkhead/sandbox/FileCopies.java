package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/** Files of the host as messages for a guest that keeps copies, with a limit on all together. */
final class FileCopies {
  /** The most bytes. */
  static final long MOST_BYTES = 16 << 20;

  /** The most files, directories and links. */
  static final int MOST_ENTRIES = 1000;

  private static final int CHUNK = 1 << 20;
  private static final int DIRECTORY_MODE = 0755;

  private final Consumer<CopyFileRequest> guest;
  private long bytes;
  private int entries;

  /** Copies nothing yet. */
  FileCopies(Consumer<CopyFileRequest> guest) {
    this.guest = guest;
  }

  /**
   * What is copied.
   *
   * @param source its path on the host, for errors
   * @param guestPath where the guest has it
   */
  record Volume(String source, String guestPath) {}

  /** Sends a volume's file or directory, which is open by O_PATH: nothing can take its place. */
  void send(Volume volume, Fd top) {
    send(volume, "", top);
  }

  /** Sends what a volume's directory has of a name, if it still has it. */
  void send(Volume volume, Fd top, String name) {
    sendBelow(volume, "", top, name);
  }

  private void send(Volume volume, String inside, Fd file) {
    FileStatus status = Files.status(file);
    count(volume, status);
    CopyFileRequest request =
        CopyFileRequest.DEFAULT
            .withPath(volume.guestPath() + inside)
            .withFileMode(status.mode())
            .withDirMode(DIRECTORY_MODE)
            .withUid(status.uid())
            .withGid(status.gid());
    switch (status.type()) {
      case FileStatus.DIRECTORY -> {
        guest.accept(request);
        for (String name : Files.list(file.procPath())) {
          sendBelow(volume, inside, file, name);
        }
      }
      case FileStatus.SYMLINK ->
          guest.accept(request.withData(Files.readLink(file).getBytes(StandardCharsets.UTF_8)));
      case FileStatus.REGULAR -> sendContent(file, status.size(), request);
      default ->
          throw new SandboxException(
              "the volume '"
                  + volume.source()
                  + "' cannot be copied: '"
                  + inside
                  + "' in it is no file, directory or symbolic link");
    }
  }

  private void sendBelow(Volume volume, String inside, Fd directory, String name) {
    refuseIfInexact(volume, name);
    Optional<Fd> below = openIfThere(directory, name);
    if (below.isPresent()) {
      try (Fd open = below.get()) {
        send(volume, inside + "/" + name, open);
      }
    }
  }

  /** Of such a name the file cannot be found again. */
  private static void refuseIfInexact(Volume volume, String name) {
    if (!Files.isExact(name)) {
      throw new SandboxException(
          "the volume '"
              + volume.source()
              + "' cannot be copied: the name of a file in it, '"
              + name
              + "', is not UTF-8");
    }
  }

  /** What has been removed since its directory was read is no part of the copy. */
  private static Optional<Fd> openIfThere(Fd directory, String name) {
    try {
      return Optional.of(Files.openAt(directory, name, Open.O_PATH | Open.O_NOFOLLOW, 0));
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void count(Volume volume, FileStatus status) {
    entries++;
    bytes += status.isRegular() ? status.size() : 0;
    if (entries > MOST_ENTRIES || bytes > MOST_BYTES) {
      throw new SandboxException(
          "the volume '"
              + volume.source()
              + "' is too large to be copied: with shared_fs = \"none\" a container's volumes are"
              + " at most "
              + MOST_ENTRIES
              + " files of "
              + (MOST_BYTES >> 20)
              + " MiB together");
    }
  }

  /** What it grows by meanwhile stays out. */
  private void sendContent(Fd found, long size, CopyFileRequest request) {
    try (Fd file = Files.open(found.procPath(), Open.O_RDONLY | Open.O_NONBLOCK)) {
      long offset = 0;
      byte[] chunk = new byte[(int) Math.min(CHUNK, size)];
      int count = file.read(chunk, 0, chunk.length);
      while (offset < size && count > 0) {
        int length = (int) Math.min(count, size - offset);
        guest.accept(
            request.withFileSize(size).withOffset(offset).withData(Arrays.copyOf(chunk, length)));
        offset += length;
        count = offset < size ? file.read(chunk, 0, chunk.length) : 0;
      }
      if (offset < size || size == 0) {
        // Empty, or shorter by now.
        guest.accept(request.withFileSize(offset).withOffset(offset));
      }
    }
  }
}
