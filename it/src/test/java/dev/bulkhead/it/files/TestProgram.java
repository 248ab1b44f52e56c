package dev.bulkhead.it.files;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.nio.file.Path;

/** A static program of {@code src/test/c}, which runs in any container. */
final class TestProgram {
  private TestProgram() {}

  /** Compiles a program and answers the directory in which it lies under its own name. */
  static Path directoryWith(String name) {
    Path directory = Dist.scratch("programs-" + name);
    Command.of(
            "gcc",
            "-O2",
            "-Wall",
            "-Werror",
            "-static",
            "-o",
            directory.resolve(name).toString(),
            Path.of("src/test/c", name + ".c").toAbsolutePath().toString())
        .run()
        .succeeds();
    return directory;
  }
}
