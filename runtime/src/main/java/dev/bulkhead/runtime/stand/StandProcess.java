package dev.bulkhead.runtime.stand;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import java.util.ArrayList;
import java.util.List;

/** The life of a container process: it waits for the exit code and passes signals on meanwhile. */
public final class StandProcess {
  /** The name of the program that is this. */
  public static final String PROGRAM = "container-process";

  /** Its end of the link to the monitor, when it is a program of its own. */
  public static final int LINK_NUMBER = 3;

  /** The exit code when the monitor is gone and with it the container, as of a killed process. */
  private static final int LOST = 128 + Signals.SIGKILL;

  private static final int SIGBUS = 7;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;
  private static final int SIGILL = 4;
  private static final int SIGTRAP = 5;
  private static final int SIGABRT = 6;

  // What means this process and not the container, or cannot be caught.
  private static final List<Integer> OWN =
      List.of(
          Signals.SIGKILL,
          Signals.SIGSTOP,
          Signals.SIGCHLD,
          Signals.SIGPIPE,
          SIGBUS,
          SIGFPE,
          SIGSEGV,
          SIGILL,
          SIGTRAP,
          SIGABRT);

  private StandProcess() {}

  /**
   * Stands for a guest's process until it ends.
   *
   * @param socket this process's end of the link; taken over
   * @return the exit code
   */
  public static int run(Fd socket) {
    List<Integer> forwarded = new ArrayList<>();
    for (int signal = 1; signal < 32; signal++) {
      if (!OWN.contains(signal)) {
        forwarded.add(signal);
      }
    }
    int[] code = {-1};
    try (EventLoop loop = new EventLoop();
        StandLink link =
            new StandLink(
                loop,
                socket,
                message -> {
                  if (message instanceof StandMessage.Exit(int exitCode)) {
                    code[0] = exitCode;
                  }
                },
                () -> code[0] = code[0] >= 0 ? code[0] : LOST);
        Signals signals =
            Signals.handle(loop, forwarded, signal -> link.send(messageFor(signal)))) {
      loop.runUntil(() -> code[0] >= 0);
      return code[0];
    }
  }

  private static StandMessage messageFor(int signal) {
    if (signal == Signals.SIGWINCH && Terminal.isTerminal(Fd.STDIN)) {
      Terminal.Size size = Terminal.size(Fd.STDIN);
      return new StandMessage.Resize(size.rows(), size.columns());
    }
    return new StandMessage.Signal(signal);
  }
}
