package dev.bulkhead.sandbox.template;

import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.linux.Fd;

/** The opened files of a saved machine. Its owner closes it; clones that were started go on. */
sealed interface Template extends AutoCloseable {
  /** How a machine begins with it. */
  Origin origin();

  @Override
  void close();

  /** A machine whose agent had come up: its memory, and its devices' state. */
  record MachineState(Fd memory, Fd state) implements Template {
    @Override
    public Origin origin() {
      return new Origin.Clone(memory, state);
    }

    @Override
    public void close() {
      memory.close();
      state.close();
    }
  }

  /** A machine that was ready for containers, with the process of its hypervisor. */
  record ProcessImage(Fd pages, Fd process) implements Template {
    @Override
    public Origin origin() {
      return new Origin.ProcessImage(pages, process);
    }

    @Override
    public void close() {
      pages.close();
      process.close();
    }
  }
}
