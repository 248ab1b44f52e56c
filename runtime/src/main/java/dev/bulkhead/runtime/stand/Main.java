package dev.bulkhead.runtime.stand;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;

/** The program {@code container-process}; it is started by {@code bulkhead} only. */
public final class Main {
  private Main() {}

  /** Stands for a guest's process; the arguments are for ps only. */
  public static void main(String[] arguments) {
    Processes.exit(StandProcess.run(new Fd(StandProcess.LINK_NUMBER, "the monitor")));
  }
}
