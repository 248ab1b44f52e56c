package dev.bulkhead.sandbox.template;

import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.linux.Fd;

/** Makes machines that are ready for containers, to be saved with their hypervisor's process. */
public interface ReadyMaker {
  /**
   * Boots a machine, lets it do what all of its kind have to do before and while a container runs,
   * and saves it.
   *
   * @param spec whose name, shares and taps are of no meaning, only how many there are
   * @param pages an empty file for its memory
   * @param process an empty file for all else
   * @param stage an empty directory that it may use meanwhile
   * @param check called while it waits; what it throws ends that
   * @throws TemplateException if there can be none, with the reason
   */
  void make(MachineSpec spec, Fd pages, Fd process, String stage, Runnable check);
}
