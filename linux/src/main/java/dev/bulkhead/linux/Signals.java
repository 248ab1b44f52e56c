package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;
import org.teavm.interop.Address;

/** Signal numbers and names, and the signals of this process as events of a loop. */
public final class Signals implements AutoCloseable {
  public static final int SIGHUP = 1;
  public static final int SIGINT = 2;
  public static final int SIGQUIT = 3;
  public static final int SIGKILL = 9;
  public static final int SIGUSR1 = 10;
  public static final int SIGUSR2 = 12;
  public static final int SIGPIPE = 13;
  public static final int SIGTERM = 15;
  public static final int SIGCHLD = 17;
  public static final int SIGCONT = 18;
  public static final int SIGSTOP = 19;
  public static final int SIGTSTP = 20;
  public static final int SIGTTOU = 22;
  public static final int SIGWINCH = 28;
  public static final int LAST = 64;

  private static final List<String> NAMES =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private static final int SIG_BLOCK = 0;
  private static final int SIG_UNBLOCK = 1;
  private static final int SIG_SETMASK = 2;
  private static final int SIGNALFD_INFO_SIZE = 128;
  private static final int SFD_FLAGS = Open.O_CLOEXEC | Open.O_NONBLOCK;

  private final Fd fd;
  private final EventLoop.Watch watch;

  private Signals(Fd fd, EventLoop.Watch watch) {
    this.fd = fd;
    this.watch = watch;
  }

  /** Receives a signal. */
  public interface Handler {
    void signalled(int signal);
  }

  /**
   * Blocks the given signals' default effect for the rest of the process's life and hands them to
   * {@code handler} in the loop instead.
   */
  public static Signals handle(EventLoop loop, List<Integer> signals, Handler handler) {
    try (NativeMemory mask = mask(signals)) {
      LinuxException.check(
          Libc.sigprocmask(SIG_BLOCK, mask.address(), Address.fromInt(0)), "sigprocmask", "");
      int number = Libc.signalfd(-1, mask.address(), SFD_FLAGS);
      Fd fd = new Fd(LinuxException.check(number, "signalfd", ""), "signals");
      byte[] info = new byte[SIGNALFD_INFO_SIZE];
      EventLoop.Watch watch =
          loop.watch(
              fd,
              EventLoop.READABLE,
              events -> {
                while (fd.read(info, 0, info.length) == info.length) {
                  handler.signalled(info[0] & 0xff);
                }
              });
      return new Signals(fd, watch);
    }
  }

  /** Lets the process ignore a broken pipe: the write's error tells of it. */
  public static void ignoreBrokenPipes() {
    Libc.signal(SIGPIPE, Address.fromInt(1));
  }

  /** Back to what a new program expects: no signal blocked, every one with its default effect. */
  static void restoreDefaults() {
    for (int signal = 1; signal <= LAST; signal++) {
      if (signal != SIGKILL && signal != SIGSTOP) {
        Libc.signal(signal, Address.fromInt(0));
      }
    }
    try (NativeMemory none = mask(List.of())) {
      Libc.sigprocmask(SIG_SETMASK, none.address(), Address.fromInt(0));
    }
  }

  /** Unblocks a signal that {@link #handle} blocked, as before ending oneself by it. */
  public static void unblock(int signal) {
    try (NativeMemory mask = mask(List.of(signal))) {
      Libc.signal(signal, Address.fromInt(0));
      Libc.sigprocmask(SIG_UNBLOCK, mask.address(), Address.fromInt(0));
    }
  }

  private static NativeMemory mask(List<Integer> signals) {
    NativeMemory mask = new NativeMemory(128);
    long bits = 0;
    for (int signal : signals) {
      bits |= 1L << (signal - 1);
    }
    mask.putLong(0, bits);
    return mask;
  }

  /**
   * The number of a signal written as a number, a name ("TERM") or a name with SIG, in any case;
   * empty for anything else. 0 is none, and asks whether there is a process.
   */
  public static OptionalInt parse(String text) {
    if (!text.isEmpty() && Character.isDigit(text.charAt(0))) {
      try {
        int number = Integer.parseInt(text);
        return number >= 0 && number <= LAST ? OptionalInt.of(number) : OptionalInt.empty();
      } catch (NumberFormatException e) {
        return OptionalInt.empty();
      }
    }
    OptionalInt index = Names.find(NAMES, "SIG", text);
    return index.isPresent() ? OptionalInt.of(index.getAsInt() + 1) : index;
  }

  /** "SIGTERM" for 15; "signal 40" where there is no name. */
  public static String name(int signal) {
    return signal >= 1 && signal <= NAMES.size()
        ? "SIG" + NAMES.get(signal - 1)
        : "signal " + signal;
  }

  @Override
  public void close() {
    watch.close();
    fd.close();
  }
}
