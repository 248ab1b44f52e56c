package dev.bulkhead.runtime.shim;

import dev.bulkhead.protobuf.Timestamp;

/** Points in time as protobuf has them. */
final class Times {
  /** Go's zero time, which containerd takes for "not yet": the beginning of the year 1. */
  static final Timestamp NEVER = new Timestamp(-62_135_596_800L, 0);

  private static final long NANOS = 1_000_000_000L;

  private Times() {}

  /** A point in time, in nanoseconds since 1970. */
  static Timestamp timestamp(long nanos) {
    return new Timestamp(Math.floorDiv(nanos, NANOS), (int) Math.floorMod(nanos, NANOS));
  }
}
