package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;
import java.util.Set;

/** A program that runs virtual machines. */
public interface Hypervisor {
  /** Its name as in a configuration file, as "qemu". */
  String name();

  /** What it can do on a machine of this model. */
  Set<Feature> features(MachineModel model);

  /**
   * Starts a machine. The answer is there before the guest's kernel runs; that the guest is up is
   * told by the agent inside. What goes wrong after the start ends the machine, see {@link
   * VirtualMachine#onExit}.
   *
   * <p>A clone's guest goes on when this returns.
   *
   * @throws HypervisorException if the program is missing, the specification asks for what it
   *     cannot do, or a file that the machine boots from cannot be used; nothing is left behind
   *     then
   */
  VirtualMachine start(MachineSpec spec, Origin origin);

  /**
   * Takes over a machine that another process has started, its keeper.
   *
   * @param spec as it was started, but for its name, what its shares are of, and its taps
   * @param handles of {@link VirtualMachine#handOver}; the machine's from now on
   * @param keeper a connection that blocks, over which {@link VirtualMachine#exitReport} comes and
   *     whose end tells the keeper to end the machine; the machine's from now on
   */
  VirtualMachine adopt(MachineSpec spec, MachineHandles handles, Fd keeper);

  /** Whether such machines can be saved with the hypervisor's process. */
  boolean savesProcess(MachineSpec spec);

  /** What tells one version of the program from another, for what was saved by one of them. */
  String identity();
}
