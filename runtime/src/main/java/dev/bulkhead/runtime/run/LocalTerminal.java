package dev.bulkhead.runtime.run;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The caller's terminal while the container has it: every key goes through as it is, and the
 * container's terminal keeps the window's size. Closing puts the settings back.
 */
final class LocalTerminal implements AutoCloseable {
  private final Optional<Terminal.RawMode> rawMode;
  private final Optional<Signals> sizeChanges;

  private LocalTerminal(Optional<Terminal.RawMode> rawMode, Optional<Signals> sizeChanges) {
    this.rawMode = rawMode;
    this.sizeChanges = sizeChanges;
  }

  /**
   * Takes the terminal that standard input or output is.
   *
   * @param raw whether the keys are the container's
   * @param resized told the window's size now and whenever it changes
   */
  static LocalTerminal take(EventLoop loop, boolean raw, Consumer<Terminal.Size> resized) {
    Optional<Terminal.RawMode> rawMode =
        raw && Terminal.isTerminal(Fd.STDIN)
            ? Optional.of(Terminal.makeRaw(Fd.STDIN))
            : Optional.empty();
    if (!Terminal.isTerminal(Fd.STDOUT)) {
      return new LocalTerminal(rawMode, Optional.empty());
    }
    resized.accept(Terminal.size(Fd.STDOUT));
    Signals changes =
        Signals.handle(
            loop, List.of(Signals.SIGWINCH), signal -> resized.accept(Terminal.size(Fd.STDOUT)));
    return new LocalTerminal(rawMode, Optional.of(changes));
  }

  @Override
  public void close() {
    sizeChanges.ifPresent(Signals::close);
    rawMode.ifPresent(Terminal.RawMode::close);
  }
}
