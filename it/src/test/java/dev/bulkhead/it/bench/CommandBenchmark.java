package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The commands that boot nothing, against runc and crun. */
final class CommandBenchmark {
  private static final int ROUNDS_EACH = 10;
  private static final String CONTAINER = "bench";

  private CommandBenchmark() {}

  static void run(int rounds) throws Exception {
    Path directory = Dist.scratch("bench");
    Path bundle = Bundles.write(directory.resolve("bundle"), List.of("sleep", "86400"));
    List<String> bulkhead =
        List.of(Dist.BINARY.toString(), "--root", directory.resolve("b").toString());
    List<String> runc = List.of("runc", "--root", directory.resolve("r").toString());
    // crun makes no container on a host with cgroups of both versions, so it only answers for none.
    List<String> crun = List.of("crun", "--root", directory.resolve("c").toString());
    Map<String, List<String>> all = Map.of("runc", runc, "bulkhead", bulkhead);
    contest(Map.of("crun", crun, "runc", runc, "bulkhead", bulkhead), rounds, "--version");
    contest(Map.of("crun", crun, "runc", runc, "bulkhead", bulkhead), rounds, "list");
    try {
      for (List<String> runtime : all.values()) {
        Timed.millis(command(runtime, "create", "--bundle", bundle.toString(), CONTAINER));
        Timed.millis(command(runtime, "start", CONTAINER));
      }
      contest(all, rounds, "state", CONTAINER);
      contest(all, rounds, "kill", CONTAINER, "CONT");
    } finally {
      for (List<String> runtime : all.values()) {
        command(runtime, "delete", "--force", CONTAINER).run();
      }
    }
  }

  private static void contest(Map<String, List<String>> runtimes, int rounds, String... words)
      throws Exception {
    Contest contest = new Contest("`" + String.join(" ", words) + "`");
    new TreeMap<>(runtimes)
        .forEach(
            (name, runtime) -> contest.with(name, () -> Timed.millis(command(runtime, words))));
    contest.with("`/bin/true`", () -> Timed.millis(Command.of("/bin/true")));
    contest.hold(rounds * ROUNDS_EACH);
  }

  private static Command command(List<String> runtime, String... words) {
    return Command.of(
        java.util.stream.Stream.concat(runtime.stream(), java.util.Arrays.stream(words)).toList());
  }
}
