package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From a command's start to the first byte of its container's output: Bulkhead's clones with each
 * kernel that there is, and its pool, runc, gVisor's runsc, and a bare QEMU that boots to an init
 * that answers.
 */
final class StartBenchmark {
  private static final String CONTAINER = "bench";

  private StartBenchmark() {}

  static void run(Path floorInitrd, int rounds) throws Exception {
    Path directory = Dist.scratch("bench");
    Path bundle = Bundles.write(directory.resolve("echo"), List.of("echo", "up"));
    Contest contest = new Contest("from the command to the first byte of `echo`");
    contest.with("runc", () -> firstByte(runc(directory, bundle)));
    contest.with("runsc (ptrace)", () -> firstByte(runsc(directory, bundle)));
    try (BootBenchmark boot = BootBenchmark.prepare(floorInitrd)) {
      for (GuestKernelChoice kernel : GuestKernelChoice.all()) {
        contest.with("bulkhead, " + kernel.words(), () -> firstByte(bulkhead(kernel)));
      }
      // Last, as whoever comes behind them finds the processor's caches empty.
      contest.with("bare QEMU, Debian's kernel, booted", boot::floor);
      Optional<BootBenchmark> own = boot.withOwnKernel();
      try {
        if (own.isPresent()) {
          contest.with("bare QEMU, own kernel, booted", own.get()::floor);
        }
        contest.hold(rounds);
      } finally {
        if (own.isPresent()) {
          own.get().close();
        }
      }
    }
    for (GuestKernelChoice kernel : GuestKernelChoice.all()) {
      List<String> program = Dist.bulkhead(kernel.options().toArray(String[]::new)).words();
      try (ReadyPool pool = ReadyPool.keep(program, "run")) {
        Contest taken = new Contest("the same, with a machine of the pool");
        taken.with("runc", () -> firstByte(pool, runc(directory, bundle)));
        taken.with("runsc (ptrace)", () -> firstByte(pool, runsc(directory, bundle)));
        taken.with("bulkhead pool, " + kernel.words(), () -> firstByte(pool, bulkhead(kernel)));
        taken.hold(rounds);
      }
    }
  }

  private static double firstByte(ReadyPool pool, Command command) throws Exception {
    pool.awaitComplete();
    return firstByte(command);
  }

  private static Command runc(Path directory, Path bundle) {
    return Command.of(
        "runc", "--root", directory.resolve("r").toString(), "run", "-b", bundle + "", CONTAINER);
  }

  private static Command runsc(Path directory, Path bundle) {
    return Command.of(
        "runsc",
        "--root",
        directory.resolve("g").toString(),
        "--platform=ptrace",
        "--network=none",
        "run",
        "-bundle",
        bundle.toString(),
        CONTAINER);
  }

  private static Command bulkhead(GuestKernelChoice kernel) {
    List<String> words = new ArrayList<>(kernel.options());
    words.addAll(List.of("run", Dist.busybox().toString(), "echo", "up"));
    return Dist.bulkhead(words.toArray(String[]::new));
  }

  /** Runs a command to its end; answers the milliseconds until its first byte. */
  private static double firstByte(Command command) throws Exception {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command.words()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    int first = process.getInputStream().read();
    double millis = (System.nanoTime() - start) / 1e6;
    process.getInputStream().readAllBytes();
    int code = process.waitFor();
    if (first != 'u' || code != 0) {
      throw new IOException(String.join(" ", command.words()) + " ended with " + code);
    }
    return millis;
  }
}
