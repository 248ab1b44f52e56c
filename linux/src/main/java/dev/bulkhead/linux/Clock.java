package dev.bulkhead.linux;

import java.util.OptionalInt;

/** The kernel's clocks. */
public final class Clock {
  private static final int REALTIME = 0;
  private static final int MONOTONIC = 1;
  private static final int THREAD_CPU_TIME = 3;
  private static final int STAMP_TRIES = 10;
  private static final long STAMP_INTERVAL_NANOS = 2_000_000;

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

  /**
   * How fast the processor's time stamp counter runs, in kHz, to about 30 in a million; empty where
   * it does not run at one rate for ever. It takes 2 ms.
   */
  public static OptionalInt timeStampKilohertz() {
    String processor = Files.readTextIfExists("/proc/cpuinfo").orElse("");
    if (!processor.contains(" constant_tsc") || !processor.contains(" nonstop_tsc")) {
      return OptionalInt.empty();
    }
    long[] start = timeAndStamp();
    long[] end = start;
    while (end[0] - start[0] < STAMP_INTERVAL_NANOS) {
      end = timeAndStamp();
    }
    return OptionalInt.of((int) ((end[1] - start[1]) * 1_000_000 / (end[0] - start[0])));
  }

  /** A moment in nanoseconds and in time stamps, read so that little lies between the two. */
  private static long[] timeAndStamp() {
    long[] best = new long[2];
    long least = Long.MAX_VALUE;
    for (int i = 0; i < STAMP_TRIES; i++) {
      long before = Libc.rdtsc();
      long nanos = monotonicNanos();
      long between = Libc.rdtsc() - before;
      if (between < least) {
        least = between;
        best[0] = nanos;
        best[1] = before + between / 2;
      }
    }
    return best;
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
