package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What it costs to start a containerd shim that has no container yet, Bulkhead's against runc's:
 * the processor time of {@code start} up to the address on its standard output, and what the
 * process takes that is left.
 */
final class ShimBenchmark {
  private static final String NAMESPACE = "shim-benchmark";
  private static final String START = "TIMEFORMAT='%3U %3S'; time \"$@\" start >address";
  private static final List<String> SHIMS =
      List.of("containerd-shim-bulkhead-v2", "containerd-shim-runc-v2");

  private ShimBenchmark() {}

  static void run(int rounds) throws Exception {
    Contest time = new Contest("processor time of `start`");
    Contest memory = new Contest("proportional set size after it", "KiB");
    for (String shim : SHIMS) {
      time.with(shim, () -> with(shim, (left, millis) -> millis));
      memory.with(shim, () -> with(shim, (left, millis) -> proportionalKib(left)));
    }
    time.hold(rounds);
    memory.hold(rounds);
  }

  private interface Measure {
    double of(ProcessHandle left, double startMillis) throws IOException;
  }

  private static double with(String shim, Measure measure) throws IOException {
    Path bundle = Files.createTempDirectory("shim");
    Command.of("sh", "-ec", "mkfifo log && mkdir rootfs").directory(bundle).run().succeeds();
    // As containerd does, for a shim may wait for a reader.
    Process log = Command.of("sh", "-c", "exec cat <>log >/dev/null").directory(bundle).start();
    try {
      Dist.bulkhead("spec", "-b", bundle.toString()).run().succeeds();
      String times =
          shim(shim, bundle, Stream.of("bash", "-c", START, "bash")).run().succeeds().errors();
      String[] seconds = times.trim().split(" ", -1);
      return measure.of(
          left(bundle), 1000 * (Double.parseDouble(seconds[0]) + Double.parseDouble(seconds[1])));
    } finally {
      ProcessHandle left = left(bundle);
      left.destroyForcibly();
      left.onExit().join();
      shim(shim, bundle, Stream.of("sh", "-c", "\"$@\" delete", "sh")).run();
      log.destroy();
      Command.of("rm", "-r", bundle.toString()).run().succeeds();
    }
  }

  private static Command shim(String shim, Path bundle, Stream<String> shell) {
    Path ours = Dist.BINARY.resolveSibling(shim);
    Stream<String> words =
        Stream.of(
            Files.exists(ours) ? ours.toString() : shim,
            "-namespace",
            NAMESPACE,
            "-address",
            bundle + "/containerd.sock",
            "-publish-binary",
            "/bin/true",
            "-id",
            bundle.getFileName().toString(),
            "-bundle",
            bundle.toString());
    return Command.of(Stream.concat(shell, words).toList()).directory(bundle);
  }

  /** The process that start left, whose command line names its container. */
  private static ProcessHandle left(Path bundle) {
    String id = bundle.getFileName().toString();
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains("-id " + id))
        .findFirst()
        .orElseThrow();
  }

  private static double proportionalKib(ProcessHandle shim) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + shim.pid() + "/smaps_rollup")).stream()
        .filter(line -> line.startsWith("Pss:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
