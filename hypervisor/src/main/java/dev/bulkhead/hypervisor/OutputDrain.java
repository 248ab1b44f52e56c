package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;

/**
 * Reads all that a program writes and keeps the last of it, so that the writer is never held up for
 * long and can fill nothing. It owns the descriptor.
 */
public final class OutputDrain implements AutoCloseable {
  private final Fd source;
  private final OutputTail tail;
  private final byte[] buffer = new byte[4096];
  private final EventLoop.Watch watch;
  private boolean ended;

  /**
   * Begins to read.
   *
   * @param source the reader of a pipe or a socket; this object's from now on
   * @param capacity bytes to keep
   */
  public OutputDrain(EventLoop loop, Fd source, int capacity) {
    this.source = source.setNonBlocking(true);
    this.tail = new OutputTail(capacity);
    this.watch = loop.watch(source, EventLoop.READABLE, events -> readOnce());
  }

  /** What was kept. */
  public OutputTail tail() {
    return tail;
  }

  /** Whether every writer is gone. */
  public boolean ended() {
    return ended;
  }

  /** Reads one buffer, and answers whether there may be more. */
  private boolean readOnce() {
    int count = source.read(buffer, 0, buffer.length);
    if (count > 0) {
      tail.append(buffer, 0, count);
    } else if (count == 0) {
      ended = true;
      watch.close();
    }
    return count > 0;
  }

  /** Reads at once what is there, as when the writer is known to have ended. */
  public void finish() {
    boolean more = !ended;
    while (more) {
      more = readOnce();
    }
  }

  /** Ends the reading, and answers the descriptor, which is the caller's. */
  public Fd release() {
    watch.close();
    ended = true;
    return source;
  }

  @Override
  public void close() {
    watch.close();
    source.close();
  }
}
