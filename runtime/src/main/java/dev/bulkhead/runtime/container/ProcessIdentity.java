package dev.bulkhead.runtime.container;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;

/**
 * A process of the host, told from a later one of the same id by when it began.
 *
 * @param pid its id; 0 for none
 * @param startTicks when it began, in the kernel's ticks since the boot
 */
public record ProcessIdentity(int pid, long startTicks) {
  /** No process. */
  public static final ProcessIdentity NONE = new ProcessIdentity(0, 0);

  private static final int START_FIELD = 19;

  /** A process that runs now. */
  public static ProcessIdentity of(int pid) {
    return new ProcessIdentity(pid, startTicks(stat(pid)));
  }

  /** Whether it runs still; one that ended and was not reaped does not. */
  public boolean isAlive() {
    if (pid <= 0) {
      return false;
    }
    String stat = stat(pid);
    if (stat.isEmpty()) {
      return false;
    }
    char state = afterName(stat).charAt(0);
    return state != 'Z' && state != 'X' && startTicks(stat) == startTicks;
  }

  /**
   * Waits until it has ended, the loop turning meanwhile; after {@code graceMillis} it is killed,
   * and waited for as long again.
   */
  public void awaitOrKill(EventLoop loop, long graceMillis) {
    if (!isAlive()) {
      return;
    }
    try (Fd pidfd = Processes.openPidfd(pid)) {
      // The descriptor is of a later process if this one ended before it was opened.
      if (!isAlive()) {
        return;
      }
      boolean[] ended = new boolean[1];
      try (EventLoop.Watch watch =
          loop.watch(pidfd, EventLoop.READABLE, events -> ended[0] = true)) {
        if (!loop.runUntil(() -> ended[0], graceMillis)) {
          Processes.kill(pidfd, Signals.SIGKILL);
          loop.runUntil(() -> ended[0], graceMillis);
        }
      }
    } catch (LinuxException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }

  private static String stat(int pid) {
    try {
      return Files.readTextIfExists("/proc/" + pid + "/stat").orElse("");
    } catch (LinuxException e) {
      // It ended between open and read: ESRCH.
      return "";
    }
  }

  /** The fields behind the program's name, which may have spaces and brackets in it. */
  private static String afterName(String stat) {
    return stat.substring(stat.lastIndexOf(')') + 2);
  }

  static long startTicks(String stat) {
    if (stat.isEmpty()) {
      return 0;
    }
    String fields = afterName(stat);
    int start = 0;
    for (int i = 0; i < START_FIELD; i++) {
      start = fields.indexOf(' ', start) + 1;
    }
    return Long.parseLong(fields.substring(start, fields.indexOf(' ', start)));
  }
}
