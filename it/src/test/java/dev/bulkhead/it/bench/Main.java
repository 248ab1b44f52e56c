package dev.bulkhead.it.bench;

import java.nio.file.Path;
import java.util.List;

/** Runs the measurements that are named, or all; see {@code tools/bench}. */
final class Main {
  private Main() {}

  /** Arguments: how many rounds, the initrd of the boot's floor, the measurements. */
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    List<String> names = List.of(arguments).subList(2, arguments.length);
    for (String name :
        names.isEmpty()
            ? List.of("boot", "commands", "docker", "network", "shim", "start", "crowd", "files")
            : names) {
      switch (name) {
        case "boot" -> BootBenchmark.run(Path.of(arguments[1]).toAbsolutePath(), rounds);
        case "commands" -> CommandBenchmark.run(rounds);
        case "docker" -> DockerBenchmark.run(rounds);
        case "shim" -> ShimBenchmark.run(rounds);
        case "network" -> NetworkBenchmark.run(rounds);
        case "start" -> StartBenchmark.run(Path.of(arguments[1]).toAbsolutePath(), rounds);
        case "files" -> FilesBenchmark.run(rounds);
        case "crowd" -> CrowdBenchmark.run();
        default -> throw new IllegalArgumentException("there is no measurement '" + name + "'");
      }
    }
  }
}
