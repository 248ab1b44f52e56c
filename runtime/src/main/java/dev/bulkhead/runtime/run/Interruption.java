package dev.bulkhead.runtime.run;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Signals;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Signals that a user or a supervisor sends to a command in the foreground. Until something takes
 * them over they end the command, at the next place where it can be ended cleanly.
 */
public final class Interruption implements AutoCloseable {
  private static final List<Integer> HANDLED =
      List.of(
          Signals.SIGHUP,
          Signals.SIGINT,
          Signals.SIGQUIT,
          Signals.SIGTERM,
          Signals.SIGUSR1,
          Signals.SIGUSR2,
          Signals.SIGCONT);

  private final Signals signals;
  private IntConsumer receiver = this::note;
  private int signal;

  private Interruption(EventLoop loop) {
    signals = Signals.handle(loop, HANDLED, number -> receiver.accept(number));
  }

  /** Begins to listen. */
  public static Interruption listen(EventLoop loop) {
    return new Interruption(loop);
  }

  /** A command was given up because of a signal. */
  public static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int signal;

    Interrupted(int signal) {
      super("ended by " + Signals.name(signal));
      this.signal = signal;
    }

    /** The exit code that shells give to a command that a signal ended. */
    public int exitCode() {
      return 128 + signal;
    }
  }

  private void note(int number) {
    if (number != Signals.SIGCONT) {
      signal = number;
    }
  }

  /**
   * Gives up if a signal came.
   *
   * @throws Interrupted if one did
   */
  public void check() {
    if (signal != 0) {
      throw new Interrupted(signal);
    }
  }

  /** Hands all further signals to someone else. */
  public void forwardTo(IntConsumer newReceiver) {
    receiver = newReceiver;
  }

  @Override
  public void close() {
    signals.close();
  }
}
