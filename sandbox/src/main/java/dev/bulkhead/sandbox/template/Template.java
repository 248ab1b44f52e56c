package dev.bulkhead.sandbox.template;

import dev.bulkhead.linux.Fd;

/** The opened files of a saved machine. Its owner closes it; clones that were started go on. */
record Template(Fd memory, Fd state) implements AutoCloseable {
  @Override
  public void close() {
    memory.close();
    state.close();
  }
}
