package dev.bulkhead.linux;

/** The kernel's clocks. */
public final class Clock {
  private static final int REALTIME = 0;
  private static final int MONOTONIC = 1;
  private static final int THREAD_CPU_TIME = 3;

  private Clock() {}

  /** Nanoseconds of a clock that never jumps, for measuring and deadlines. */
  public static long monotonicNanos() {
    return read(MONOTONIC);
  }

  public static long monotonicMillis() {
    return read(MONOTONIC) / 1_000_000;
  }

  /** Nanoseconds that a processor has spent on this thread, in the kernel and in guests too. */
  public static long cpuNanos() {
    return read(THREAD_CPU_TIME);
  }

  /** Nanoseconds since 1970, UTC. */
  public static long realtimeNanos() {
    return read(REALTIME);
  }

  /** Sets the time of day. */
  public static void setRealtime(long seconds, long nanos) {
    try (NativeMemory time = new NativeMemory(16)) {
      time.putLong(0, seconds);
      time.putLong(8, nanos);
      LinuxException.check(
          Libc.clockSettime(REALTIME, time.address()), "clock_settime", Long.toString(seconds));
    }
  }

  private static long read(int clock) {
    long[] time = new long[2];
    Libc.clockGettime(clock, org.teavm.interop.Address.ofData(time));
    return time[0] * 1_000_000_000L + time[1];
  }
}
