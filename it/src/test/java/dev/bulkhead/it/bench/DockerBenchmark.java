package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.docker.DockerDaemon;
import java.util.List;

/** What a user of Docker waits for, with Bulkhead, runc and gVisor's runsc. */
final class DockerBenchmark {
  private static final List<String> RUNTIMES = List.of("runc", "runsc", "bulkhead");

  private DockerBenchmark() {}

  static void run(int rounds) throws Exception {
    try (DockerDaemon daemon = DockerDaemon.start()) {
      Contest run = new Contest("`docker run --rm --network none IMAGE true`");
      Contest exec = new Contest("`docker exec CONTAINER true`");
      for (String runtime : RUNTIMES) {
        run.with(runtime, () -> Timed.millis(runTrue(daemon, runtime)));
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
      try (ReadyPool pool = ReadyPool.keep(daemon.inside(Dist.BINARY.toString()), "engines")) {
        Contest taken = new Contest("`docker run`, with a machine of the pool");
        for (String runtime : List.of("runc", "bulkhead")) {
          taken.with(
              runtime,
              () -> {
                pool.awaitComplete();
                return Timed.millis(runTrue(daemon, runtime));
              });
        }
        taken.hold(rounds);
      }
    }
  }

  private static Command runTrue(DockerDaemon daemon, String runtime) {
    return daemon.docker(
        "run", "--rm", "--runtime", runtime, "--network", "none", DockerDaemon.IMAGE, "true");
  }
}
