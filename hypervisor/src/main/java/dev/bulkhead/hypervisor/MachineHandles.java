package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;
import java.util.List;

/**
 * What a running machine is held by, so that one process can hand it over to another. The
 * descriptors are whose who has this.
 *
 * @param process the hypervisor's, as {@link dev.bulkhead.linux.Processes#openPidfd} opens it
 * @param monitor the connection to its monitor, which has been greeted and awaits no answer
 * @param console what the guest writes to its console
 * @param errors what the hypervisor complains of
 * @param agent the agent's end of its port
 */
public record MachineHandles(Fd process, Fd monitor, Fd console, Fd errors, Fd agent) {
  /** How many descriptors these are. */
  public static final int COUNT = 5;

  /** Those of {@link #descriptors}, in its order. */
  public static MachineHandles of(List<Fd> descriptors) {
    return new MachineHandles(
        descriptors.get(0),
        descriptors.get(1),
        descriptors.get(2),
        descriptors.get(3),
        descriptors.get(4));
  }

  /** All of them. */
  public List<Fd> descriptors() {
    return List.of(process, monitor, console, errors, agent);
  }
}
