package dev.bulkhead.it.files;

import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A way to run a bundle: how its container gets at the host's files. */
enum Sharing {
  /** The host's own file system: the control. */
  RUNC,
  VIRTIO_9P,
  VIRTIO_FS,
  /** Nothing is shared: a machine has copies. */
  NONE;

  /**
   * The runtime's program with its global options.
   *
   * @param scratch a directory for the runtime's state and configuration
   */
  List<String> runtime(Path scratch) {
    String root = scratch.resolve("root").toString();
    return switch (this) {
      case RUNC -> List.of("runc", "--root", root);
      case VIRTIO_9P -> bulkhead(root, configuration(scratch, "virtio-9p"));
      case VIRTIO_FS -> bulkhead(root, configuration(scratch, "virtio-fs"));
      case NONE -> bulkhead(root, configuration(scratch, "none"));
    };
  }

  private static List<String> bulkhead(String root, Path configuration) {
    return List.of(Dist.BINARY.toString(), "--config", configuration.toString(), "--root", root);
  }

  private static Path configuration(Path scratch, String sharedFs) {
    try {
      return Files.writeString(
          scratch.resolve("configuration.toml"),
          "[hypervisor.qemu]\nshared_fs = \"" + sharedFs + "\"\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
