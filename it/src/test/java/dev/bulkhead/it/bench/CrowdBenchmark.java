package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Many sandboxes: what each idle one weighs, many started at once, many alive. */
final class CrowdBenchmark {
  private static final int IDLE = 10;
  private static final int AT_ONCE = 50;
  private static final int ALIVE = 200;
  // The first and the last starts that are compared.
  private static final int COMPARED = 20;

  /**
   * More than they all take. On a host that is a virtual machine itself, memory that was never used
   * costs more than memory that was, and the first sandboxes would have the latter.
   */
  private static final String TOUCHED = "5G";

  private CrowdBenchmark() {}

  /** A sandbox that has said a line and sleeps; closing it ends it. */
  private record Sleeper(Process process, double millis) implements AutoCloseable {
    static Sleeper start(List<String> options) throws IOException {
      List<String> words = new ArrayList<>(options);
      words.addAll(
          List.of(
              "run",
              "-i",
              Dist.busybox().toString(),
              "sh",
              "-c",
              // Ends when its standard input does.
              "echo up; exec cat"));
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(Dist.bulkhead(words.toArray(String[]::new)).words())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String line = process.inputReader().readLine();
      double millis = (System.nanoTime() - start) / 1e6;
      if (!"up".equals(line)) {
        process.destroy();
        throw new IOException("a sandbox did not start");
      }
      return new Sleeper(process, millis);
    }

    /** Whether it says back what it is told. */
    boolean answers() {
      try {
        process.outputWriter().write("again\n");
        process.outputWriter().flush();
        return "again".equals(process.inputReader().readLine());
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void close() {
      Command.end(process);
    }
  }

  static void run() throws Exception {
    touchMemory();
    for (GuestKernelChoice kernel : GuestKernelChoice.all()) {
      // The template.
      Sleeper.start(kernel.options()).close();
      weigh(kernel);
      startAtOnce(kernel);
      keepAlive(kernel);
      System.out.println();
    }
  }

  private static void weigh(GuestKernelChoice kernel) throws Exception {
    List<Sleeper> sleepers = new ArrayList<>();
    try {
      for (int i = 0; i < IDLE; i++) {
        sleepers.add(Sleeper.start(kernel.options()));
      }
      double kib = 0;
      for (Sleeper sleeper : sleepers) {
        kib += proportionalKib(sleeper.process().toHandle());
      }
      System.out.printf(
          Locale.ROOT,
          "%s: each of %d idle sandboxes takes %.1f MB (proportional set size of all its"
              + " processes)%n",
          kernel.words(),
          IDLE,
          kib / IDLE / ProportionalSet.KIB_PER_MB);
    } finally {
      sleepers.forEach(Sleeper::close);
    }
  }

  private static double proportionalKib(ProcessHandle command) {
    return Stream.concat(Stream.of(command), command.descendants())
        .mapToDouble(ProportionalSet::kib)
        .sum();
  }

  private static void startAtOnce(GuestKernelChoice kernel) throws Exception {
    List<Sleeper> sleepers = new ArrayList<>();
    int lost = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      Callable<Sleeper> start = () -> Sleeper.start(kernel.options());
      List<Future<Sleeper>> started = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        started.add(threads.submit(start));
      }
      for (Future<Sleeper> future : started) {
        try {
          sleepers.add(future.get());
        } catch (ExecutionException e) {
          lost++;
        }
      }
      double[] millis = sleepers.stream().mapToDouble(Sleeper::millis).sorted().toArray();
      System.out.printf(
          Locale.ROOT,
          "%s: %d started at once: %d lost, first byte after %.0f ms (median), %.0f ms (95 %%)%n",
          kernel.words(),
          AT_ONCE,
          lost,
          Contest.median(millis),
          millis[(int) Math.ceil(millis.length * 0.95) - 1]);
    } finally {
      sleepers.forEach(Sleeper::close);
    }
  }

  private static void touchMemory() {
    String file = "/dev/shm/bulkhead-bench-" + ProcessHandle.current().pid();
    Command.of("sh", "-c", "head -c " + TOUCHED + " /dev/zero > " + file + "; rm " + file)
        .run()
        .succeeds();
  }

  private static void keepAlive(GuestKernelChoice kernel) throws Exception {
    List<Sleeper> sleepers = new ArrayList<>();
    try {
      for (int i = 0; i < ALIVE; i++) {
        sleepers.add(Sleeper.start(kernel.options()));
      }
      double[] millis = sleepers.stream().mapToDouble(Sleeper::millis).toArray();
      double first = Contest.median(Arrays.copyOf(millis, COMPARED));
      double last = Contest.median(Arrays.copyOfRange(millis, ALIVE - COMPARED, ALIVE));
      long alive = sleepers.stream().filter(Sleeper::answers).count();
      System.out.printf(
          Locale.ROOT,
          "%s: %d of %d at once answer; first byte of the first %d after %.0f ms, of the last %d"
              + " after %.0f ms (medians), ratio %.2f%n",
          kernel.words(),
          alive,
          ALIVE,
          COMPARED,
          first,
          COMPARED,
          last,
          last / first);
    } finally {
      sleepers.forEach(Sleeper::close);
    }
  }
}
