package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;

/** A machine's QEMU, whoever started it. Closing ends it. */
sealed interface QemuProcess extends AutoCloseable {
  int pid();

  /** Opens another descriptor of the process. */
  Fd openPidfd();

  /** What becomes readable when it has ended. */
  Fd end();

  /** How it ended, once {@link #end} is readable. */
  Processes.Exit exit();

  void kill();

  @Override
  void close();

  /** One that this process started. */
  record Own(ChildProcess child) implements QemuProcess {
    @Override
    public int pid() {
      return child.pid();
    }

    @Override
    public Fd openPidfd() {
      return Processes.openPidfd(child.pid());
    }

    @Override
    public Fd end() {
      return child.pidfd();
    }

    @Override
    public Processes.Exit exit() {
      return child.poll();
    }

    @Override
    public void kill() {
      child.kill(Signals.SIGKILL);
    }

    @Override
    public void close() {
      child.close();
    }
  }

  /**
   * One that another process started, its keeper, which is connected with this one: the keeper
   * tells how QEMU ended, and ends it when this process is gone.
   */
  final class Kept implements QemuProcess {
    private static final int STATUS_BYTES = 4;

    private final int pid;
    private final Fd pidfd;
    private final Fd keeper;
    private Processes.Exit exit;

    Kept(Fd pidfd, Fd keeper) {
      this.pid = Processes.pidOf(pidfd);
      this.pidfd = pidfd;
      this.keeper = keeper;
    }

    @Override
    public int pid() {
      return pid;
    }

    @Override
    public Fd openPidfd() {
      return pidfd.duplicate(0);
    }

    @Override
    public Fd end() {
      return keeper;
    }

    @Override
    public Processes.Exit exit() {
      if (exit == null) {
        byte[] told = keeper.readAll(STATUS_BYTES);
        // A keeper that was killed takes its QEMU along, by the same signal.
        exit = new Processes.Exit(pid, told.length < STATUS_BYTES ? Signals.SIGKILL : status(told));
      }
      return exit;
    }

    private static int status(byte[] told) {
      return (told[0] & 0xff) << 24
          | (told[1] & 0xff) << 16
          | (told[2] & 0xff) << 8
          | (told[3] & 0xff);
    }

    @Override
    public void kill() {
      Processes.kill(pidfd, Signals.SIGKILL);
    }

    @Override
    public void close() {
      if (keeper.isOpen()) {
        if (exit == null) {
          kill();
          exit();
        }
        keeper.close();
        pidfd.close();
      }
    }
  }

  /** What a keeper tells of an end. */
  static byte[] report(Processes.Exit exit) {
    int status = exit.waitStatus();
    return new byte[] {
      (byte) (status >> 24), (byte) (status >> 16), (byte) (status >> 8), (byte) status
    };
  }
}
