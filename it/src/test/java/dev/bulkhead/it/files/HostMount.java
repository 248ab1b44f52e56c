package dev.bulkhead.it.files;

import dev.bulkhead.it.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system that a test mounts on the host, and unmounts when it is closed. */
record HostMount(Path path) implements AutoCloseable {
  /** A file system in memory, as kubelet makes for an emptyDir of that medium. */
  static HostMount memory(Path path, String size) {
    return mount(path, "mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=1777", "tmpfs");
  }

  /** A file system on a disk of its own. */
  static HostMount disk(Path path, String size) {
    String image = path + ".image";
    Command.of("truncate", "-s", size, image).run().succeeds();
    // Without a journal nothing is written that nobody asked for.
    Command.of("mkfs.ext2", "-q", "-m", "0", image).run().succeeds();
    return mount(path, "mount", "-o", "loop", image);
  }

  /** The directory itself, so that what is mounted below it later is told to others. */
  static HostMount shared(Path path) {
    HostMount mount = mount(path, "mount", "--bind", path.toString());
    Command.of("mount", "--make-shared", path.toString()).run().succeeds();
    return mount;
  }

  private static HostMount mount(Path path, String... words) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> all = new java.util.ArrayList<>(List.of(words));
    all.add(path.toString());
    Command.of(all).run().succeeds();
    return new HostMount(path);
  }

  /** The loop device's name, as "loop0". */
  String device() {
    String device =
        Command.of("findmnt", "-n", "-o", "SOURCE", path.toString()).run().succeeds().output();
    return Path.of(device.strip()).getFileName().toString();
  }

  @Override
  public void close() {
    Command.of("umount", "--lazy", path.toString()).run().succeeds();
  }
}
