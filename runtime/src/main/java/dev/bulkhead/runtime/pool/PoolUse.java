package dev.bulkhead.runtime.pool;

/** Who takes a machine, which decides on its network devices. */
public enum PoolUse {
  /** Docker, Podman, containerd and others: with devices for the interfaces that they make. */
  ENGINES,
  /** The command {@code run} without a network. */
  RUN;

  /** Its name on the command line. */
  public String word() {
    return switch (this) {
      case ENGINES -> "engines";
      case RUN -> "run";
    };
  }
}
