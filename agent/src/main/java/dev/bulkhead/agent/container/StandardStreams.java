package dev.bulkhead.agent.container;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Terminal;
import java.util.Optional;

/** The agent's ends of a process's standard streams: three pipes, or a terminal's master side. */
final class StandardStreams implements AutoCloseable {
  private final Optional<Fd> terminal;
  private final Input input;
  private final Output output;
  private final Optional<Output> errors;

  private StandardStreams(
      Optional<Fd> terminal, Input input, Output output, Optional<Output> errors) {
    this.terminal = terminal;
    this.input = input;
    this.output = output;
    this.errors = errors;
  }

  /**
   * Takes ownership of the pipes' ends.
   *
   * @param onEnd called when one of the outputs has ended
   */
  static StandardStreams ofPipes(EventLoop loop, Fd input, Fd output, Fd errors, Runnable onEnd) {
    return new StandardStreams(
        Optional.empty(),
        new Input(loop, input),
        new Output(loop, output, onEnd),
        Optional.of(new Output(loop, errors, onEnd)));
  }

  /** Takes ownership of a terminal's master side, which is input and output in one. */
  static StandardStreams ofTerminal(EventLoop loop, Fd master, Runnable onEnd) {
    return new StandardStreams(
        Optional.of(master),
        new Input(loop, master.duplicate(3)),
        new Output(loop, master.duplicate(3), onEnd),
        Optional.empty());
  }

  Input input() {
    return input;
  }

  Output output() {
    return output;
  }

  /** Absent for a terminal, whose output has it all. */
  Optional<Output> errors() {
    return errors;
  }

  /** Ends the input. A terminal has no end, only the character that programs take for it. */
  void finishInput() {
    if (terminal.isEmpty()) {
      input.finish();
    }
  }

  /**
   * Sets the terminal's size.
   *
   * @return false if it is none
   */
  boolean resize(Terminal.Size size) {
    if (terminal.isEmpty() || !terminal.get().isOpen()) {
      return false;
    }
    Terminal.setSize(terminal.get(), size);
    return true;
  }

  /** From now on empty outputs have ended, whoever still holds their other sides. */
  void finishOutputs() {
    output.finish();
    errors.ifPresent(Output::finish);
  }

  /** Whether both outputs were read to their ends. */
  boolean areDrained() {
    return output.hasEnded() && errors.map(Output::hasEnded).orElse(true);
  }

  @Override
  public void close() {
    input.close();
    output.close();
    errors.ifPresent(Output::close);
    terminal.ifPresent(Fd::close);
  }
}
