package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.docker.DockerDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a user of Docker waits for, with Bulkhead, runc and gVisor's runsc. */
final class DockerBenchmark {
  private static final List<String> RUNTIMES = List.of("runc", "runsc", "bulkhead");
  private static final int IDLE = 10;

  private DockerBenchmark() {}

  static void run(int rounds) throws Exception {
    try (DockerDaemon daemon = DockerDaemon.start()) {
      Contest run = new Contest("`docker run --rm --network none IMAGE true`");
      Contest bridged = new Contest("`docker run --rm IMAGE true`, with Docker's bridge");
      Contest exec = new Contest("`docker exec CONTAINER true`");
      for (String runtime : RUNTIMES) {
        run.with(runtime, () -> Timed.millis(runTrue(daemon, runtime, "none")));
        bridged.with(runtime, () -> Timed.millis(runTrue(daemon, runtime, "bridge")));
        daemon
            .docker(
                "run",
                "-d",
                "--name",
                runtime,
                "--runtime",
                runtime,
                "--network",
                "none",
                DockerDaemon.IMAGE,
                "sleep",
                "86400")
            .run()
            .succeeds();
        exec.with(runtime, () -> Timed.millis(daemon.docker("exec", runtime, "true")));
      }
      exec.hold(rounds);
      for (String runtime : RUNTIMES) {
        daemon.docker("rm", "-f", runtime).run().succeeds();
      }
      run.hold(rounds);
      bridged.hold(rounds);
      weigh(daemon);
      try (ReadyPool pool = ReadyPool.keep(daemon.inside(Dist.BINARY.toString()), "engines")) {
        Contest taken = new Contest("`docker run`, with a machine of the pool");
        for (String runtime : List.of("runc", "bulkhead")) {
          taken.with(
              runtime,
              () -> {
                pool.awaitComplete();
                return Timed.millis(runTrue(daemon, runtime, "none"));
              });
        }
        taken.hold(rounds);
      }
    }
  }

  private static Command runTrue(DockerDaemon daemon, String runtime, String network) {
    return daemon.docker(
        "run", "--rm", "--runtime", runtime, "--network", network, DockerDaemon.IMAGE, "true");
  }

  /** What an idle container takes: hypervisor, monitor and container process, not Docker's own. */
  private static void weigh(DockerDaemon daemon) {
    List<String> containers = new ArrayList<>();
    try {
      for (int i = 0; i < IDLE; i++) {
        containers.add(
            daemon
                .run("-d", DockerDaemon.IMAGE, "sleep", "86400")
                .run()
                .succeeds()
                .output()
                .trim());
      }
      double kib =
          ProcessHandle.allProcesses()
              .filter(process -> containers.stream().anyMatch(id -> isOf(process, id)))
              .mapToDouble(ProportionalSet::kib)
              .sum();
      System.out.printf(
          Locale.ROOT,
          "each of %d idle containers of Docker takes %.1f MB (proportional set size of hypervisor,"
              + " monitor and container process)%n%n",
          IDLE,
          kib / IDLE / ProportionalSet.KIB_PER_MB);
    } finally {
      containers.forEach(id -> daemon.docker("rm", "-f", id).run().succeeds());
    }
  }

  private static boolean isOf(ProcessHandle process, String container) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cgroup")).contains(container);
    } catch (IOException e) {
      // It has just ended.
      return false;
    }
  }
}
