package dev.bulkhead.runtime.monitor;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;

/**
 * Turns in which machines boot: when many containers are created at once, booting all of them at
 * the same time on few processors would make each so slow that it is given up. A slot is a file
 * that is locked, so that a killed holder frees it.
 */
public final class BootSlots {
  private static final long POLL_MILLIS = 10;

  private final EventLoop loop;
  private final String directory;
  private final int count;

  /**
   * The slots of a host.
   *
   * @param directory where their files are, made if it is missing
   */
  public BootSlots(EventLoop loop, String directory, int count) {
    this.loop = loop;
    this.directory = directory;
    this.count = count;
  }

  /**
   * Waits for a slot, which is free again when the answer is closed.
   *
   * @param check called while it waits; what it throws ends the wait
   */
  public Fd take(Runnable check) {
    Files.makeDirectories(directory, 0700);
    while (true) {
      for (int i = 0; i < count; i++) {
        Fd slot = Files.open(directory + "/" + i, Open.O_RDWR | Open.O_CREAT, 0600);
        if (slot.lock(false)) {
          return slot;
        }
        slot.close();
      }
      loop.runUntil(() -> false, POLL_MILLIS);
      check.run();
    }
  }
}
