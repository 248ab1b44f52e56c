package dev.bulkhead.it;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A block device of the host over a sparse file. Closing it fails the test if somebody still has
 * the device open.
 */
public final class LoopDevice implements AutoCloseable {
  private static final int SECTOR = 512;

  private final Path file;
  private final String path;

  private LoopDevice(Path file, String path) {
    this.file = file;
    this.path = path;
  }

  /** A device of zeros, with its file in {@code directory}. */
  public static LoopDevice make(Path directory, String name, int mebibytes) {
    Path file = directory.resolve(name);
    Command.of("truncate", "-s", mebibytes + "M", file.toString()).run().succeeds();
    String path =
        Command.of("losetup", "--find", "--show", file.toString()).run().succeeds().output().trim();
    return new LoopDevice(file, path);
  }

  /** A device with an empty ext4 file system. */
  public static LoopDevice makeExt4(Path directory, String name, int mebibytes) {
    LoopDevice device = make(directory, name, mebibytes);
    Command.of("mkfs.ext4", "-q", "-F", device.path()).run().succeeds();
    return device;
  }

  /** As "/dev/loop0". */
  public String path() {
    return path;
  }

  /** The minor number; the major is 7. */
  public long minor() {
    return Long.parseLong(path.substring("/dev/loop".length()));
  }

  /** The beginning of a sector's content, as the host reads it. */
  public String read(int sector, int length) {
    byte[] bytes = new byte[length];
    try (RandomAccessFile content = new RandomAccessFile(path, "r")) {
      content.seek((long) sector * SECTOR);
      content.readFully(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Gives the device another size. */
  public void resize(int mebibytes) {
    Command.of("truncate", "-s", mebibytes + "M", file.toString()).run().succeeds();
    Command.of("losetup", "--set-capacity", path).run().succeeds();
  }

  @Override
  public void close() {
    Command.of("losetup", "--detach", path).run().succeeds();
    String users = Command.of("losetup", "--associated", file.toString()).run().output();
    if (!users.isEmpty()) {
      throw new AssertionError("somebody has the device open: " + users);
    }
  }
}
