package dev.bulkhead.agent.container;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** A process of a container: its first one or one that was added, with its standard streams. */
public final class GuestProcess implements AutoCloseable {
  /** How long output is read that descendants of an ended process may still write. */
  private static final long DRAIN_MILLIS = 500;

  private final EventLoop loop;
  private final String id;
  private final int pid;
  private final Fd startGate;
  private final Optional<Fd> terminal;
  private final Optional<Input> input;
  private final Output output;
  private final Optional<Output> errors;
  private final List<IntConsumer> waiters = new ArrayList<>();
  private Integer exitCode;
  private boolean waitedFor;
  private Runnable onDone = () -> {};

  /** What a reader of output is given; no bytes mean the end. */
  public interface Reader {
    void read(byte[] bytes);
  }

  /** Told what became of bytes for standard input. */
  public interface Writer {
    void written();

    void refused(String reason);
  }

  GuestProcess(EventLoop loop, String id, int pid, Fd startGate, Streams streams) {
    this.loop = loop;
    this.id = id;
    this.pid = pid;
    this.startGate = startGate;
    this.terminal = streams.terminal();
    this.input = streams.input().map(fd -> new Input(loop, fd));
    this.output = new Output(loop, streams.output(), this::checkDone);
    this.errors = streams.errors().map(fd -> new Output(loop, fd, this::checkDone));
  }

  /**
   * The agent's ends of a process's streams; they become the process's.
   *
   * @param terminal a descriptor to set a terminal's size with, if it is one
   * @param errors absent for a terminal, whose output has it all
   */
  record Streams(Optional<Fd> terminal, Optional<Fd> input, Fd output, Optional<Fd> errors) {}

  public String id() {
    return id;
  }

  /** The process id in the guest's own namespace. */
  public int pid() {
    return pid;
  }

  public boolean isRunning() {
    return exitCode == null;
  }

  Fd startGate() {
    return startGate;
  }

  void onDone(Runnable action) {
    onDone = action;
  }

  /** Tells the exit code, 128 + n for a signal, now or when the process ends. */
  public void await(IntConsumer waiter) {
    if (exitCode != null) {
      waitedFor = true;
      waiter.accept(exitCode);
      checkDone();
    } else {
      waiters.add(waiter);
    }
  }

  void ended(Processes.Exit exit) {
    exitCode = exit.code();
    startGate.close();
    input.ifPresent(Input::close);
    loop.schedule(
        DRAIN_MILLIS,
        () -> {
          output.finish();
          errors.ifPresent(Output::finish);
        });
    for (IntConsumer waiter : List.copyOf(waiters)) {
      waitedFor = true;
      waiter.accept(exitCode);
    }
    waiters.clear();
    checkDone();
  }

  private void checkDone() {
    boolean drained = output.hasEnded() && errors.map(Output::hasEnded).orElse(true);
    if (waitedFor && exitCode != null && drained) {
      onDone.run();
    }
  }

  /** Sends a signal, unless the process ended. */
  public void signal(int signal) {
    if (isRunning()) {
      Processes.kill(pid, signal);
    }
  }

  public void readOutput(int limit, Reader reader) {
    output.read(limit, reader);
  }

  /** As {@link #readOutput}; a terminal has no errors of its own: the end at once. */
  public void readErrors(int limit, Reader reader) {
    if (errors.isPresent()) {
      errors.get().read(limit, reader);
    } else {
      reader.read(new byte[0]);
    }
  }

  public void write(byte[] bytes, Writer writer) {
    if (input.isEmpty()) {
      writer.refused("the process has no standard input");
      return;
    }
    input.get().write(bytes, writer);
  }

  /** Ends standard input. A terminal has no end, only the character that programs take for it. */
  public void closeInput() {
    if (terminal.isEmpty()) {
      input.ifPresent(Input::finish);
    }
  }

  /**
   * Sets the terminal's size.
   *
   * @return false if the process has no terminal
   */
  public boolean resize(int rows, int columns) {
    if (terminal.isEmpty() || !terminal.get().isOpen()) {
      return false;
    }
    Terminal.setSize(terminal.get(), new Terminal.Size(rows, columns));
    return true;
  }

  @Override
  public void close() {
    startGate.close();
    input.ifPresent(Input::close);
    output.close();
    errors.ifPresent(Output::close);
    terminal.ifPresent(Fd::close);
  }
}
