package dev.bulkhead.agent.process;

import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Programs of the guest itself, outside of all containers, which the agent runs to their ends.
 * Their streams are files, so that nobody has to read and write while they run.
 */
public final class GuestPrograms {
  private static final String FILES = "/run/bulkhead-program-";
  private static final List<String> ENVIRONMENT = List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  private static final long PATIENCE_MILLIS = 30_000;
  private static final int OUTPUT_LIMIT = 3 << 20;

  private final EventLoop loop;
  private final Map<Integer, Running> running = new HashMap<>();

  public GuestPrograms(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * How a program ended.
   *
   * @param code 128 and the signal's number if it was killed, as it is after 30 s
   */
  public record Result(int code, byte[] output, byte[] errors) {}

  /** Told once of a program's end. */
  public interface Listener {
    void ended(Result result);
  }

  private record Running(Fd output, Fd errors, EventLoop.Timer patience, Listener listener) {}

  /** A file that nobody else can open: what is written by the one is read by the other. */
  private record Stream(Fd writer, Fd reader) implements AutoCloseable {
    static Stream open(String name) {
      Fd writer = Files.open(FILES + name, Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL, 0600);
      try {
        return new Stream(writer, Files.open(FILES + name, Open.O_RDONLY));
      } finally {
        Files.remove(FILES + name);
      }
    }

    @Override
    public void close() {
      writer.close();
      reader.close();
    }
  }

  /**
   * Runs a program.
   *
   * @param words its path, then its arguments
   * @throws dev.bulkhead.linux.LinuxException if it cannot be started
   */
  public void run(List<String> words, byte[] input, Listener listener) {
    Stream output = Stream.open("output");
    Stream errors = Stream.open("errors");
    try (Stream in = Stream.open("input");
        Fd outputEnd = output.writer();
        Fd errorsEnd = errors.writer()) {
      in.writer().writeAll(input);
      int pid =
          ChildProcess.startDetached(
              new ChildProcess.Command(
                  words.getFirst(),
                  words,
                  ENVIRONMENT,
                  List.of(in.reader(), outputEnd, errorsEnd),
                  () -> {}));
      running.put(
          pid,
          new Running(
              output.reader(),
              errors.reader(),
              loop.schedule(PATIENCE_MILLIS, () -> Processes.kill(pid, Signals.SIGKILL)),
              listener));
    } catch (RuntimeException e) {
      output.close();
      errors.close();
      throw e;
    }
  }

  /** Takes the end of a child; answers whether it was a program of these. */
  public boolean ended(Processes.Exit exit) {
    Running program = running.remove(exit.pid());
    if (program == null) {
      return false;
    }
    program.patience().cancel();
    try (Fd output = program.output();
        Fd errors = program.errors()) {
      program
          .listener()
          .ended(
              new Result(exit.code(), output.readAll(OUTPUT_LIMIT), errors.readAll(OUTPUT_LIMIT)));
    }
    return true;
  }
}
