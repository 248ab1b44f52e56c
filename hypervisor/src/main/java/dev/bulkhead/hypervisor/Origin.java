package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/** Where a machine's first state comes from. */
public sealed interface Origin {
  /** It boots. */
  record Boot() implements Origin {}

  /**
   * It boots with its memory in a file, so that it can be saved, see {@link VirtualMachine#save}.
   *
   * @param memory of the machine's size, readable and writable; the caller's
   */
  record Template(Fd memory) implements Origin {}

  /**
   * It goes on from where another one was saved: a machine of the same specification but for its
   * name, what its shares are of, and its taps. What it writes to its memory stays its own.
   *
   * @param memory the saved machine's, which is not changed; the caller's
   * @param state what was saved; the caller's
   */
  record Clone(Fd memory, Fd state) implements Origin {}

  /**
   * It goes on from where another one's hypervisor was saved as a process, with all that it has
   * translated and set up: a machine of the same specification but for its name, what its shares
   * are of, and its taps.
   *
   * @param pages the process's memory, which is not changed; the caller's
   * @param process all else of it; the caller's
   */
  record ProcessImage(Fd pages, Fd process) implements Origin {}
}
