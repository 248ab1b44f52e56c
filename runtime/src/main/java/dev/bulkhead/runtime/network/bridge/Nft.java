package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.runtime.container.ContainerException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The program nft(8), by which rules of nftables are changed and shown. */
public final class Nft {
  private static final int OUTPUT_LIMIT = 256 << 10;
  private static final long TIMEOUT_MILLIS = 20_000;

  private final EventLoop loop;
  private final String program;

  private Nft(EventLoop loop, String program) {
    this.loop = loop;
    this.program = program;
  }

  /** Finds it. */
  public static Optional<Nft> find(EventLoop loop) {
    return Environment.findProgram("nft")
        .or(() -> Environment.findProgram("/usr/sbin/nft"))
        .map(program -> new Nft(loop, program));
  }

  /**
   * Carries a script out, all of it or nothing.
   *
   * @param script short enough for a pipe
   * @throws ContainerException if nft refuses it
   */
  void apply(String script) {
    run(List.of("-f", "-"), script);
  }

  /** The chains of all tables with what they hook into, as nft shows them. */
  public String chains() {
    return run(List.of("list", "chains"), "");
  }

  private String run(List<String> arguments, String input) {
    try (Pipe script = Pipe.open("input of nft");
        Pipe answer = Pipe.open("output of nft");
        ChildProcess process =
            ChildProcess.start(
                ChildProcess.Command.of(program, arguments)
                    .withDescriptors(
                        Arrays.asList(script.reader(), answer.writer(), answer.writer())));
        OutputDrain drain = new OutputDrain(loop, answer.reader(), OUTPUT_LIMIT)) {
      answer.writer().close();
      script.reader().close();
      script.writer().writeAll(input.getBytes(StandardCharsets.UTF_8));
      script.writer().close();
      if (!loop.runUntil(drain::ended, TIMEOUT_MILLIS)) {
        throw new ContainerException("nft does not end");
      }
      String output = drain.tail().lastLines(OUTPUT_LIMIT);
      if (process.await().code() != 0) {
        throw new ContainerException("nft refuses the rules of the bridge: " + output);
      }
      return output;
    }
  }
}
