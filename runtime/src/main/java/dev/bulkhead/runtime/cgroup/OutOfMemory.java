package dev.bulkhead.runtime.cgroup;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes on to the host that a container's memory was not enough for it. Containerd's shim, conmon
 * and others hear of it from the host's kernel only, by the events of the container's cgroup, in
 * which nothing happens when a guest's kernel kills a guest's process. So a process is made there
 * whose memory is not enough either.
 */
public final class OutOfMemory {
  private static final int MIB = 1 << 20;

  // What the process has when the limit comes. The rest of the cgroup has it for its own until the
  // limit is gone again. It is more than the 38 MiB that the kernel takes from a process that ends
  // before it gives anything back: else another one in the cgroup that asks for a page just then
  // finds the limit reached and nobody ending, and is killed too.
  private static final int BALLAST_MIB = 64;
  private static final int SLACK_MIB = 1;
  private static final int TRIES_MIB = 64;

  private OutOfMemory() {}

  /** The two files of a cgroup that matter, by what they are called in each version. */
  private record Memory(String limit, String usage) {}

  /**
   * Has the host's kernel kill a process in the cgroup for lack of memory; all others in it live
   * on, and its limit is afterwards what it was.
   *
   * @return whether that could be done
   * @throws LinuxException if the cgroup's files cannot be used
   */
  public static boolean report(HostCgroup cgroup) {
    for (String directory : cgroup.directories()) {
      for (Memory memory :
          List.of(
              new Memory("/memory.limit_in_bytes", "/memory.usage_in_bytes"),
              new Memory("/memory.max", "/memory.current"))) {
        if (Files.exists(directory + memory.limit())) {
          return report(cgroup, directory + memory.limit(), directory + memory.usage());
        }
      }
    }
    return false;
  }

  private static boolean report(HostCgroup cgroup, String limit, String usage) {
    String before = Files.readText(limit).trim();
    try {
      int victim = Processes.fork(() -> outgrow(cgroup, limit, usage));
      return Processes.await(victim).signal() == Signals.SIGKILL;
    } finally {
      Files.writeExisting(limit, before);
    }
  }

  /** The victim's life: it is the first that the kernel takes, and has more than it will miss. */
  private static int outgrow(HostCgroup cgroup, String limit, String usage) {
    Processes.dieWithParent(Signals.SIGKILL);
    cgroup.join();
    Files.writeExisting("/proc/self/oom_score_adj", "1000");
    List<byte[]> taken = new ArrayList<>();
    take(taken, BALLAST_MIB);
    long used = Long.parseLong(Files.readText(usage).trim());
    Files.writeExisting(limit, Long.toString(used + (long) SLACK_MIB * MIB));
    take(taken, TRIES_MIB);
    // Only where the limit did not hold, as with much swap.
    return taken.isEmpty() ? 1 : 0;
  }

  private static void take(List<byte[]> taken, int mebibytes) {
    for (int i = 0; i < mebibytes; i++) {
      taken.add(new byte[MIB]);
    }
  }
}
