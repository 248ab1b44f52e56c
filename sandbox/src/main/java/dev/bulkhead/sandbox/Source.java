package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.Arrays;

/** Reads a descriptor of someone else, one piece at a time and only when asked to. */
final class Source implements AutoCloseable {
  private static final int READ_SIZE = 64 << 10;
  private static final byte[] END = {};

  private final EventLoop loop;
  private final Fd fd;
  private final boolean alwaysReady;
  private EventLoop.Watch watch;
  private boolean closed;

  /** Takes bytes; none mean the end. */
  interface Reader {
    void read(byte[] bytes);
  }

  /** Prepares to read from a descriptor, which stays its owner's. */
  Source(EventLoop loop, Fd fd) {
    this.loop = loop;
    this.fd = fd;
    int type = Files.status(fd).type();
    // epoll takes what can make a reader wait, and neither files nor all devices (/dev/null) can.
    this.alwaysReady = type == FileStatus.REGULAR || !isWatchable();
  }

  private boolean isWatchable() {
    try {
      loop.watch(fd, 0, events -> {}).close();
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EPERM) {
        return false;
      }
      throw e;
    }
  }

  /** Hands over the next bytes once. */
  void read(Reader reader) {
    if (closed) {
      return;
    }
    if (alwaysReady) {
      loop.post(() -> reader.read(closed ? END : next()));
      return;
    }
    watch =
        loop.watch(
            fd,
            EventLoop.READABLE,
            events -> {
              stopWatching();
              reader.read(next());
            });
  }

  /** Gives up a wait for bytes, if there is one; answers whether there was. */
  boolean stopWaiting() {
    boolean waiting = watch != null;
    stopWatching();
    return waiting;
  }

  /** What can be read at once of a descriptor that does not block; none if there is nothing. */
  byte[] readNow() {
    return closed ? END : next();
  }

  private byte[] next() {
    byte[] buffer = new byte[READ_SIZE];
    int count;
    try {
      count = fd.read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      // The terminal is gone, the other side has reset the connection, the disk has failed.
      return END;
    }
    return count <= 0 ? END : Arrays.copyOf(buffer, count);
  }

  private void stopWatching() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  @Override
  public void close() {
    closed = true;
    stopWatching();
  }
}
