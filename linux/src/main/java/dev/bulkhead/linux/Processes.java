package dev.bulkhead.linux;

import java.util.List;
import org.teavm.interop.Address;

/** This process and others: fork, exec, wait, signals, ids. */
public final class Processes {
  private static final int WNOHANG = 1;
  private static final int PR_SET_PDEATHSIG = 1;
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_SET_NAME = 15;
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int CLOSE_RANGE_CLOEXEC = 4;
  private static final int MADV_DONTNEED = 4;
  private static final int GROWTH_BYTES = 512 * 1024;

  private Processes() {}

  /** What a forked process does; it ends with the code that this answers, or by exec. */
  public interface Body {
    int run();
  }

  /** How a process ended. */
  public record Exit(int pid, int waitStatus) {
    public boolean signalled() {
      return (waitStatus & 0x7f) != 0;
    }

    public int signal() {
      return waitStatus & 0x7f;
    }

    /** The exit code, or 128 and the signal's number, as shells have it. */
    public int code() {
      return signalled() ? 128 + signal() : (waitStatus >> 8) & 0xff;
    }
  }

  /**
   * Forks. The child runs {@code body} with a copy of everything and never returns here: it ends
   * with the body's answer, or with 255 if the body throws.
   *
   * @return the child's process id
   */
  public static int fork(Body body) {
    int pid = LinuxException.check(Libc.fork(), "fork", "");
    if (pid == 0) {
      int code = 255;
      try {
        code = body.run();
      } finally {
        Libc.exit(code);
      }
    }
    return pid;
  }

  /**
   * Whether this process takes more memory instead of collecting garbage, as one should that soon
   * ends or becomes another program. A child inherits it.
   */
  public static void setKeepingGarbage(boolean keeping) {
    Libc.growInsteadOfCollecting(keeping ? GROWTH_BYTES : 0);
  }

  /** Becomes another program; returns only by throwing. */
  public static void exec(String path, List<String> arguments, List<String> environment) {
    try (NativeMemory argv = NativeMemory.stringArray(arguments);
        NativeMemory envp = NativeMemory.stringArray(environment)) {
      Libc.execve(Address.ofData(CString.of(path)), argv.address(), envp.address());
      throw LinuxException.last("exec", path);
    }
  }

  /** Ends the process at once, without running anything more. */
  public static void exit(int code) {
    Libc.exit(code);
  }

  /**
   * Reaps one ended child.
   *
   * @param pid which, or -1 for any
   * @return how it ended, or null if none has
   */
  public static Exit reap(int pid) {
    int[] status = new int[1];
    while (true) {
      int reaped = Libc.waitpid(pid, Address.ofData(status), WNOHANG);
      if (reaped > 0) {
        return new Exit(reaped, status[0]);
      }
      if (reaped == 0) {
        return null;
      }
      int errno = Libc.errno();
      if (errno == Errno.ECHILD) {
        return null;
      }
      if (errno != Errno.EINTR) {
        throw new LinuxException("waitpid", Integer.toString(pid), errno);
      }
    }
  }

  /** Waits for a child to end. */
  public static Exit await(int pid) {
    int[] status = new int[1];
    while (true) {
      int reaped = Libc.waitpid(pid, Address.ofData(status), 0);
      if (reaped > 0) {
        return new Exit(reaped, status[0]);
      }
      int errno = Libc.errno();
      if (errno != Errno.EINTR) {
        throw new LinuxException("waitpid", Integer.toString(pid), errno);
      }
    }
  }

  /**
   * Sends a signal; 0 only asks whether the process is there.
   *
   * @return false if there is no such process
   */
  public static boolean kill(int pid, int signal) {
    if (Libc.kill(pid, signal) == 0) {
      return true;
    }
    int errno = Libc.errno();
    if (errno == Errno.ESRCH) {
      return false;
    }
    throw new LinuxException("kill", Integer.toString(pid), errno);
  }

  /** A descriptor that becomes readable when the process ends, and that no other can inherit. */
  public static Fd openPidfd(int pid) {
    long fd = Libc.syscall(SystemCalls.PIDFD_OPEN, pid, 0, 0, 0, 0);
    String name = "process " + pid;
    return new Fd((int) LinuxException.check(fd, "pidfd_open", name), name);
  }

  /** The id of the process that a descriptor of {@link #openPidfd} is of; -1 if it is gone. */
  public static int pidOf(Fd pidfd) {
    String info = Files.readText("/proc/self/fdinfo/" + pidfd.number());
    String field = "Pid:\t";
    int start = info.indexOf(field) + field.length();
    return Integer.parseInt(info.substring(start, info.indexOf('\n', start)));
  }

  /** As {@link #kill}, safe against the id's reuse by another process. */
  public static boolean kill(Fd pidfd, int signal) {
    if (Libc.syscall(SystemCalls.PIDFD_SEND_SIGNAL, pidfd.number(), signal, 0, 0, 0) == 0) {
      return true;
    }
    int errno = Libc.errno();
    if (errno == Errno.ESRCH) {
      return false;
    }
    throw new LinuxException("pidfd_send_signal", pidfd.name(), errno);
  }

  public static int pid() {
    return Libc.getpid();
  }

  public static int parentPid() {
    return Libc.getppid();
  }

  public static boolean isRoot() {
    return effectiveUser() == 0;
  }

  /** The user whose rights this process has. */
  public static int effectiveUser() {
    return Libc.geteuid();
  }

  /** Begins a session of its own, without a terminal. */
  public static void startSession() {
    LinuxException.check(Libc.setsid(), "setsid", "");
  }

  /**
   * Makes a forked process one that lives by itself: in a session of its own, with nothing of the
   * caller's but these descriptors, and nothing behind the standard ones.
   *
   * @param name for ps, see {@link #setName}
   */
  public static void startDaemon(String name, List<Fd> kept) {
    startSession();
    setName(name);
    try (Fd nothing = Files.open("/dev/null", Open.O_RDWR)) {
      for (int standard = 0; standard <= 2; standard++) {
        nothing.duplicateTo(standard);
      }
    }
    closeAllBut(kept);
    Files.changeDirectory("/");
    Files.setUmask(022);
    Signals.ignoreBrokenPipes();
  }

  /** Begins a process group of its own, so that a terminal's signals do not reach it. */
  public static void startGroup() {
    LinuxException.check(Libc.setpgid(0, 0), "setpgid", "");
  }

  /** Lets the kernel send a signal to this process when its parent ends. */
  public static void dieWithParent(int signal) {
    LinuxException.check(Libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), "prctl", "PDEATHSIG");
  }

  /** Makes orphans below this process its children. */
  public static void adoptOrphans() {
    LinuxException.check(
        Libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl", "CHILD_SUBREAPER");
  }

  /** Whether others of the same user may look into this process by /proc and ptrace. */
  public static void setDumpable(boolean dumpable) {
    LinuxException.check(
        Libc.prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0), "prctl", "DUMPABLE");
  }

  /** Names the process for ps; up to 15 bytes count. */
  public static void setName(String name) {
    try (NativeMemory memory = NativeMemory.stringArray(List.of(name))) {
      Libc.prctl(PR_SET_NAME, memory.at(16, 1).toLong(), 0, 0, 0);
    }
  }

  /** Lets no program started from here inherit a descriptor numbered {@code lowest} or more. */
  public static void closeOnExecFrom(int lowest) {
    long result =
        Libc.syscall(SystemCalls.CLOSE_RANGE, lowest, 0xffffffffL, CLOSE_RANGE_CLOEXEC, 0, 0);
    LinuxException.check(result, "close_range", Integer.toString(lowest));
  }

  /** Closes every descriptor numbered {@code lowest} or more, whoever owns it. */
  static void closeFrom(int lowest) {
    closeRange(lowest, 0xffffffffL);
  }

  /**
   * Closes every descriptor above standard error but these, whoever owns them. For a forked child,
   * whose copies of others' pipes and sockets would keep those open.
   */
  public static void closeAllBut(List<Fd> kept) {
    long next = 3;
    for (int number : kept.stream().mapToInt(Fd::number).sorted().distinct().toArray()) {
      if (number > next) {
        closeRange(next, number - 1L);
      }
      next = Math.max(next, number + 1L);
    }
    closeRange(next, 0xffffffffL);
  }

  private static void closeRange(long first, long last) {
    long result = Libc.syscall(SystemCalls.CLOSE_RANGE, first, last, 0, 0, 0);
    LinuxException.check(result, "close_range", Long.toString(first));
  }

  /**
   * Gives back the memory that this program's own code and constants take. What is needed of them
   * is read again from the kernel's cache when it is; for a process that waits long.
   */
  private static void forgetProgram() {
    String program = Environment.executable();
    String maps = Files.readText("/proc/self/maps");
    int start = 0;
    while (start < maps.length()) {
      int end = maps.indexOf('\n', start);
      String line = maps.substring(start, end);
      int dash = line.indexOf('-');
      int blank = line.indexOf(' ');
      // What is writable has changed since it was read and must stay.
      if (line.endsWith(program)
          && line.charAt(blank + 1) == 'r'
          && line.charAt(blank + 2) == '-') {
        long from = Long.parseLong(line.substring(0, dash), 16);
        long to = Long.parseLong(line.substring(dash + 1, blank), 16);
        long result = Libc.syscall(SystemCalls.MADVISE, from, to - from, MADV_DONTNEED, 0, 0);
        LinuxException.check(result, "madvise", program);
      }
      start = end + 1;
    }
  }

  /**
   * Gives back what this process needed before and does not need while it waits: garbage, and the
   * memory of its code.
   */
  public static void rest() {
    System.gc();
    forgetProgram();
  }

  /** Back to the signal dispositions and mask that a new program expects. */
  public static void restoreSignals() {
    Signals.restoreDefaults();
  }
}
