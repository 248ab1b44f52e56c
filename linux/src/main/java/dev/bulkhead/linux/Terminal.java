package dev.bulkhead.linux;

import org.teavm.interop.Address;

/** Terminals: raw mode, window size, pseudo terminals; see termios(3), pty(7). */
public final class Terminal {
  private static final int TCSANOW = 0;
  private static final int TERMIOS_SIZE = 60;
  private static final int TIOCSCTTY = 0x540E;
  private static final int TIOCGWINSZ = 0x5413;
  private static final int TIOCSWINSZ = 0x5414;
  private static final int TIOCGPTPEER = 0x5441;
  private static final int TIOCGPTN = 0x80045430;
  private static final int TIOCSPTLCK = 0x40045431;

  private Terminal() {}

  /** A window's size in characters. */
  public record Size(int rows, int columns) {}

  /** A terminal's settings as they were, to be put back by close. */
  public static final class RawMode implements AutoCloseable {
    private final Fd terminal;
    private final NativeMemory saved;

    private RawMode(Fd terminal, NativeMemory saved) {
      this.terminal = terminal;
      this.saved = saved;
    }

    /** Puts the settings back; a second call does nothing. */
    @Override
    public void close() {
      if (terminal.isOpen()) {
        Libc.tcsetattr(terminal.number(), TCSANOW, saved.address());
      }
    }
  }

  public static boolean isTerminal(Fd fd) {
    return Libc.isatty(fd.number()) == 1;
  }

  /** Lets every key through as it is, without echo, until the answer is closed. */
  public static RawMode makeRaw(Fd terminal) {
    NativeMemory saved = new NativeMemory(TERMIOS_SIZE);
    try (NativeMemory raw = new NativeMemory(TERMIOS_SIZE)) {
      LinuxException.check(
          Libc.tcgetattr(terminal.number(), saved.address()), "tcgetattr", terminal.name());
      Libc.memcpy(raw.address(), saved.address(), TERMIOS_SIZE);
      Libc.cfmakeraw(raw.address());
      LinuxException.check(
          Libc.tcsetattr(terminal.number(), TCSANOW, raw.address()), "tcsetattr", terminal.name());
    }
    return new RawMode(terminal, saved);
  }

  public static Size size(Fd terminal) {
    try (NativeMemory size = new NativeMemory(8)) {
      LinuxException.check(
          Libc.ioctl(terminal.number(), TIOCGWINSZ, size.address()), "ioctl", terminal.name());
      return new Size(size.getShort(0), size.getShort(2));
    }
  }

  public static void setSize(Fd terminal, Size size) {
    try (NativeMemory memory = new NativeMemory(8)) {
      memory.putShort(0, size.rows());
      memory.putShort(2, size.columns());
      LinuxException.check(
          Libc.ioctl(terminal.number(), TIOCSWINSZ, memory.address()), "ioctl", terminal.name());
    }
  }

  /**
   * Makes a new pseudo terminal of a devpts instance.
   *
   * @param ptmx the instance's ptmx, as "/dev/ptmx"
   * @return its master side, unlocked
   */
  public static Fd openMaster(String ptmx) {
    return unlock(Files.open(ptmx, Open.O_RDWR | Open.O_NOCTTY));
  }

  /** Takes a freshly opened ptmx and unlocks its other side; closes it on failure. */
  public static Fd unlock(Fd master) {
    int[] unlock = new int[1];
    int result = Libc.ioctl(master.number(), TIOCSPTLCK, Address.ofData(unlock));
    if (result != 0) {
      LinuxException failure = LinuxException.last("unlock", master.name());
      master.close();
      throw failure;
    }
    return master;
  }

  /** Opens a master's other side, whatever lies at its path in a hostile file system. */
  public static Fd openSlave(Fd master) {
    int flags = Open.O_RDWR | Open.O_NOCTTY | Open.O_CLOEXEC;
    return new Fd(
        LinuxException.check(
            Libc.ioctlNumber(master.number(), TIOCGPTPEER, flags), "ioctl", master.name()),
        "terminal");
  }

  /** The number of a master's other side, N in /dev/pts/N. */
  public static int slaveNumber(Fd master) {
    int[] number = new int[1];
    LinuxException.check(
        Libc.ioctl(master.number(), TIOCGPTN, Address.ofData(number)), "ioctl", master.name());
    return number[0];
  }

  /** Makes the terminal the one of this session, which this process has to lead. */
  public static void makeControlling(Fd terminal) {
    LinuxException.check(
        Libc.ioctlNumber(terminal.number(), TIOCSCTTY, 0), "ioctl", terminal.name());
  }
}
