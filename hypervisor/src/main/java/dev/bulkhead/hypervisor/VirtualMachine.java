package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;
import java.util.Optional;
import java.util.function.Consumer;

/** A machine that was started. Its owner closes it; closing ends it at once and leaves nothing. */
public interface VirtualMachine extends AutoCloseable {
  /** The hypervisor's process. */
  int pid();

  /** Where the agent is reached. */
  AgentEndpoint agent();

  /** The last lines that the guest wrote to its console, made safe to print; "" if none. */
  String consoleTail();

  /** How it ended, empty while it runs. */
  Optional<MachineExit> exit();

  /**
   * Calls {@code listener} once when the machine has ended by itself or by {@link #stop}; closing
   * it calls nobody. An end that came before is told in the loop's next turn.
   */
  void onExit(Consumer<MachineExit> listener);

  /**
   * Stops the guest's processors.
   *
   * @throws HypervisorException if the hypervisor refuses or does not answer
   */
  void pause();

  /**
   * Lets the guest's processors go on.
   *
   * @throws HypervisorException if the hypervisor refuses or does not answer
   */
  void resume();

  /**
   * Gives the machine another network device, which it keeps.
   *
   * @return the device at its place
   * @throws HypervisorException if there is no place, or the hypervisor refuses
   */
  NetworkDevice addNetworkDevice(NetworkDevice device);

  /**
   * Takes the host's side of a network device away, whose interface is gone; the device stays.
   *
   * @throws HypervisorException if the hypervisor refuses or does not answer
   */
  void disconnect(NetworkDevice device);

  /**
   * Saves the machine's state without its memory, which lies in its {@link Origin.Template}'s file.
   * The machine stands still from then on.
   *
   * @param state an empty file, written from its start
   * @throws HypervisorException if it cannot be saved
   */
  void save(Fd state);

  /**
   * Saves the machine with the hypervisor's whole process, see {@link Origin.ProcessImage}. The
   * machine stands still from then on.
   *
   * @param pages an empty file, for the process's memory
   * @param process an empty file, for all else
   * @throws HypervisorException if it cannot be saved; {@link Hypervisor#savesProcess} tells of
   *     which specifications it can
   */
  void saveProcess(Fd pages, Fd process);

  /**
   * Gives the machine a disk. The guest finds it where this says, some time after this returns.
   *
   * @return its PCI path: its bridge's slot and its own, in two hexadecimal digits each
   * @throws HypervisorException if the machine has no place for it, or the hypervisor refuses
   */
  String addDisk(Disk disk);

  /**
   * Takes a disk away that the guest uses no more; when this returns, nobody has it open.
   *
   * @throws HypervisorException if the guest keeps it
   */
  void removeDisk(String pciPath);

  /**
   * Tells the guest that what a disk is of has another size now.
   *
   * @throws HypervisorException if the hypervisor refuses
   */
  void resizeDisk(String pciPath, long bytes);

  /**
   * Lets another process have the machine, which gets copies of what this answers, see {@link
   * Hypervisor#adopt}. Here only its end is noticed from now on, and {@link #close} still ends it.
   */
  MachineHandles handOver();

  /**
   * What the process that the machine was handed to is to be told when it has ended, see {@link
   * Hypervisor#adopt}.
   */
  byte[] exitReport();

  /**
   * Asks the hypervisor to end, and waits for it, the loop turning meanwhile. The guest is not
   * asked. A hypervisor that does not end within the time is killed.
   */
  MachineExit stop(long timeoutMillis);

  /** Ends it at once, waits until it is gone, and frees all that belongs to it. */
  @Override
  void close();
}
