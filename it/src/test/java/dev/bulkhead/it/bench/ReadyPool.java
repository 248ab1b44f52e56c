package dev.bulkhead.it.bench;

import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.it.Command;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A pool of machines, which makes new ones while nothing is measured. Closing it ends it. */
final class ReadyPool implements AutoCloseable {
  private static final int SIZE = 2;
  private static final long POLL_MILLIS = 100;

  private final List<String> program;
  private final Process process;

  private ReadyPool(List<String> program, Process process) {
    this.program = program;
    this.process = process;
  }

  /**
   * Starts a pool and waits until its machines are ready.
   *
   * @param program the words of the command {@code bulkhead} with its global options
   * @param use who takes them, as {@code pool keep --for} has it
   */
  static ReadyPool keep(List<String> program, String use) throws IOException {
    List<String> words = new ArrayList<>(program);
    words.addAll(List.of("pool", "keep", "--for", use, "--size", Integer.toString(SIZE)));
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    if (process.inputReader().readLine() == null) {
      throw new IOException("the pool ended");
    }
    return new ReadyPool(program, process);
  }

  /** Waits until all machines are ready, so that none is made while something is measured. */
  void awaitComplete() throws JsonParserException, InterruptedException {
    List<String> status = new ArrayList<>(program);
    status.addAll(List.of("pool", "status", "--json"));
    int ready = 0;
    while (ready != SIZE) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      ready =
          JsonParser.array()
              .from(Command.of(status).run().succeeds().output())
              .getObject(0)
              .getInt("ready");
    }
  }

  @Override
  public void close() {
    Command.end(process);
  }
}
