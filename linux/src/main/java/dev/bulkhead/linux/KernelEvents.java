package dev.bulkhead.linux;

/** Descriptors by which the kernel tells of events, for programs that are set up by another one. */
public final class KernelEvents {
  private static final int SIGNAL_SET_BYTES = 8;
  private static final int EFD_SEMAPHORE = 1;

  private KernelEvents() {}

  /**
   * A counter, see eventfd(2).
   *
   * @param count what it begins with
   * @param semaphore whether each read takes one of it, and not all
   */
  public static Fd counter(long count, boolean nonBlocking, boolean semaphore) {
    int flags = flags(nonBlocking) | (semaphore ? EFD_SEMAPHORE : 0);
    return opened(Libc.syscall(SystemCalls.EVENTFD2, count, flags, 0, 0, 0), "eventfd");
  }

  /**
   * What becomes readable by a signal that is blocked, see signalfd(2).
   *
   * @param signals bit n - 1 for signal n
   */
  public static Fd signals(long signals, boolean nonBlocking) {
    try (NativeMemory mask = new NativeMemory(SIGNAL_SET_BYTES)) {
      mask.putLong(0, signals);
      long number =
          Libc.syscall(
              SystemCalls.SIGNALFD4,
              -1,
              mask.address().toLong(),
              SIGNAL_SET_BYTES,
              flags(nonBlocking),
              0);
      return opened(number, "signalfd");
    }
  }

  /** What tells of events of other descriptors, of none so far, see epoll_create(2). */
  public static Fd poll() {
    return opened(Libc.epollCreate(Open.O_CLOEXEC), "epoll_create");
  }

  private static int flags(boolean nonBlocking) {
    return Open.O_CLOEXEC | (nonBlocking ? Open.O_NONBLOCK : 0);
  }

  private static Fd opened(long number, String call) {
    return new Fd((int) LinuxException.check(number, call, ""), call);
  }
}
