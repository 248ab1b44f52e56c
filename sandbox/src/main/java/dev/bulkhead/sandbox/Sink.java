package dev.bulkhead.sandbox;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.SendQueue;

/**
 * Writes to a descriptor of someone else (a terminal, a pipe, a file) without ever blocking the
 * loop and without changing the mode that the other users of it see.
 */
final class Sink implements AutoCloseable {
  private final EventLoop loop;
  private final Fd fd;
  private final boolean ownsFd;
  private final SendQueue pending;
  private Runnable onDrained = () -> {};
  private EventLoop.Watch watch;
  private boolean broken;

  private Sink(EventLoop loop, Fd fd, boolean ownsFd, boolean socket) {
    this.loop = loop;
    this.fd = fd;
    this.ownsFd = ownsFd;
    this.pending = new SendQueue(socket ? fd::sendWithoutBlocking : fd::write);
  }

  /** Prepares to write to a descriptor, which stays its owner's. */
  static Sink to(EventLoop loop, Fd target) {
    int type = Files.status(target).type();
    if (type == FileStatus.FIFO || type == FileStatus.CHARACTER_DEVICE) {
      try {
        // A new open file description of the same pipe or terminal, which alone does not block.
        int flags = Open.O_WRONLY | Open.O_NONBLOCK | Open.O_NOCTTY;
        return new Sink(loop, Files.open(target.procPath(), flags), true, false);
      } catch (LinuxException e) {
        // As for a pipe whose reader is gone or a terminal of another user: write as it is.
        return new Sink(loop, target, false, false);
      }
    }
    return new Sink(loop, target, false, type == FileStatus.SOCKET);
  }

  /** Whether nobody takes any more; what is written then is dropped. */
  boolean isBroken() {
    return broken;
  }

  /** Whether all that was written is taken. */
  boolean isEmpty() {
    return pending.isEmpty();
  }

  /** Writes all bytes after those of earlier calls, then calls {@code drained}. */
  void write(byte[] bytes, Runnable drained) {
    if (!broken) {
      pending.add(bytes);
    }
    onDrained = drained;
    drain();
  }

  private void drain() {
    boolean all;
    try {
      all = pending.flush();
    } catch (LinuxException e) {
      // The reader is gone, its disk is full: the container goes on without, as with a pipe.
      broken = true;
      pending.clear();
      all = true;
    }
    if (all) {
      stopWatching();
      onDrained.run();
    } else if (watch == null) {
      watch = loop.watch(fd, EventLoop.WRITABLE, events -> drain());
    }
  }

  private void stopWatching() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  @Override
  public void close() {
    stopWatching();
    if (ownsFd) {
      fd.close();
    }
  }
}
