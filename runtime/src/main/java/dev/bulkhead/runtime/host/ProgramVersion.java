package dev.bulkhead.runtime.host;

import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Signals;
import java.util.Arrays;
import java.util.List;

/** What a program answers to {@code --version}, which also shows that it can be run. */
final class ProgramVersion {
  private static final long DEADLINE_MILLIS = 10_000;
  private static final int LIMIT = 4096;

  private ProgramVersion() {}

  /**
   * Asks a program; the loop turns meanwhile.
   *
   * @return the first line of its answer, "" if it says nothing or does not end
   * @throws dev.bulkhead.linux.LinuxException if it cannot be started
   */
  static String of(EventLoop loop, String program) {
    try (Pipe output = Pipe.open("version of " + program);
        ChildProcess process =
            ChildProcess.start(
                ChildProcess.Command.of(program, List.of("--version"))
                    .withDescriptors(Arrays.asList(null, output.writer(), output.writer())));
        OutputDrain drain = new OutputDrain(loop, output.reader(), LIMIT)) {
      output.writer().close();
      if (!loop.runUntil(drain::ended, DEADLINE_MILLIS)) {
        process.kill(Signals.SIGKILL);
      }
      boolean good = process.await().waitStatus() == 0;
      List<String> lines = drain.tail().lines();
      return good && !lines.isEmpty() ? lines.getFirst() : "";
    }
  }
}
