package dev.bulkhead.agent.container;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** A process of a container: its first one or one that was added, with its standard streams. */
public final class GuestProcess implements AutoCloseable {
  /** How long output is awaited that descendants of an ended process may still write. */
  private static final long DRAIN_MILLIS = 500;

  private final EventLoop loop;
  private final int pid;
  private final StartGate gate;
  private final Consumer<GuestProcess> onDone;
  private final List<Waiter> waiters = new ArrayList<>();
  private Optional<StandardStreams> streams = Optional.empty();
  private OptionalInt exitCode = OptionalInt.empty();
  private boolean exitTold;
  private boolean closed;

  /** Someone who asked for what may come much later, and may be gone by then. */
  public interface Asker {
    /** Whether the answer would still reach it. */
    boolean isThere();
  }

  /** Wants to know the exit code. */
  public interface Waiter extends Asker {
    void exited(int code);
  }

  /** Wants the next bytes of an output; no bytes mean the end. */
  public interface Reader extends Asker {
    void read(byte[] bytes);
  }

  /** Told what became of bytes for standard input. */
  public interface Writer {
    void written();

    void refused(String reason);
  }

  /**
   * Follows a child that was forked to become a process.
   *
   * @param socket the agent's end of the socket to the child; the process owns it
   * @param onDone called when it has ended, its exit code was told and its outputs were read
   * @param prepared told when it waits to be let go, or why it cannot be
   */
  GuestProcess(
      EventLoop loop, int pid, Fd socket, Consumer<GuestProcess> onDone, Outcome prepared) {
    this.loop = loop;
    this.pid = pid;
    this.onDone = onDone;
    this.gate =
        StartGate.open(
            loop,
            socket,
            new StartGate.Preparation() {
              @Override
              public void ready(Optional<Fd> terminal) {
                terminal.ifPresent(master -> attachTerminal(master));
                prepared.succeeded();
              }

              @Override
              public void failed(String reason) {
                prepared.failed(reason);
              }
            });
  }

  /** Gives it the agent's ends of its pipes, which it owns from now on. */
  void attachPipes(Fd input, Fd output, Fd errors) {
    attach(StandardStreams.ofPipes(loop, input, output, errors, this::checkDone));
  }

  private void attachTerminal(Fd master) {
    attach(StandardStreams.ofTerminal(loop, master, this::checkDone));
  }

  private void attach(StandardStreams standardStreams) {
    if (closed) {
      standardStreams.close();
    } else {
      streams = Optional.of(standardStreams);
    }
  }

  /** The process id in the guest's own namespace. */
  int pid() {
    return pid;
  }

  boolean isRunning() {
    return exitCode.isEmpty();
  }

  StartGate gate() {
    return gate;
  }

  /** Tells the exit code, 128 + n for a signal, now or when the process ends. */
  public void await(Waiter waiter) {
    if (exitCode.isPresent()) {
      exitTold = true;
      waiter.exited(exitCode.getAsInt());
      checkDone();
    } else {
      waiters.removeIf(earlier -> !earlier.isThere());
      waiters.add(waiter);
    }
  }

  void ended(Processes.Exit exit) {
    exitCode = OptionalInt.of(exit.code());
    gate.childEnded();
    streams.ifPresent(open -> open.input().close());
    for (Waiter waiter : List.copyOf(waiters)) {
      if (waiter.isThere()) {
        exitTold = true;
        waiter.exited(exit.code());
      }
    }
    waiters.clear();
    loop.schedule(DRAIN_MILLIS, () -> streams.ifPresent(StandardStreams::finishOutputs));
    checkDone();
  }

  private void checkDone() {
    boolean drained = streams.map(StandardStreams::areDrained).orElse(true);
    if (exitTold && drained && !closed) {
      onDone.accept(this);
    }
  }

  /** Sends a signal, unless the process has ended. */
  public void signal(int signal) {
    if (isRunning()) {
      Processes.kill(pid, signal);
    }
  }

  /** Reads up to {@code limit} bytes of standard output as soon as there are some. */
  public void readOutput(int limit, Reader reader) {
    if (streams.isPresent()) {
      streams.get().output().read(limit, reader);
    } else {
      reader.read(new byte[0]);
    }
  }

  /** As {@link #readOutput}; a terminal has no errors of its own: the end at once. */
  public void readErrors(int limit, Reader reader) {
    Optional<Output> errors = streams.flatMap(StandardStreams::errors);
    if (errors.isPresent()) {
      errors.get().read(limit, reader);
    } else {
      reader.read(new byte[0]);
    }
  }

  /** Writes all bytes to standard input, as fast as the process reads. */
  public void write(byte[] bytes, Writer writer) {
    if (streams.isPresent()) {
      streams.get().input().write(bytes, writer);
    } else {
      writer.refused("the process has no standard input");
    }
  }

  /** Ends standard input; that of a terminal only the terminal's own character does. */
  public void closeInput() {
    streams.ifPresent(StandardStreams::finishInput);
  }

  /**
   * Sets the terminal's size.
   *
   * @return false if the process has no terminal, or none any more
   */
  public boolean resize(int rows, int columns) {
    return streams.isPresent() && streams.get().resize(new Terminal.Size(rows, columns));
  }

  /** Frees everything but the exit code. */
  @Override
  public void close() {
    closed = true;
    gate.close();
    streams.ifPresent(StandardStreams::close);
  }
}
