package dev.bulkhead.it.bench;

import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Bundles of the busybox image, for runtimes without an engine. */
final class Bundles {
  private Bundles() {}

  /**
   * Writes a bundle.
   *
   * @param arguments of its process, without characters that JSON escapes
   */
  static Path write(Path directory, List<String> arguments) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("config.json"),
        """
        {"ociVersion": "1.0.2",
         "process": {"cwd": "/", "args": [%s], "env": ["PATH=/bin"],
                     "user": {"uid": 0, "gid": 0}},
         "root": {"path": "%s"},
         "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
         "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "network"},
                                  {"type": "ipc"}, {"type": "uts"}]}}
        """
            .formatted(
                arguments.stream().map(word -> '"' + word + '"').collect(Collectors.joining(", ")),
                Dist.busybox()));
    return directory;
  }
}
