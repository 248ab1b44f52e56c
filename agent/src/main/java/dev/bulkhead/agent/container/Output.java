package dev.bulkhead.agent.container;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The reading end of a process's standard output or error. Bytes stay in the kernel's pipe until a
 * reader asks, so a slow reader slows the writer and nothing grows here.
 */
final class Output implements AutoCloseable {
  private static final int MAX_READ = 64 << 10;
  private static final byte[] END = {};

  private final EventLoop loop;
  private final Fd fd;
  private final Runnable onEnd;
  private final ArrayDeque<Read> waiting = new ArrayDeque<>();

  /**
   * Only there while a reader waits: a pipe whose writers are gone would wake the loop for ever.
   */
  private EventLoop.Watch watch;

  private boolean finishing;
  private boolean ended;

  private record Read(int limit, GuestProcess.Reader reader) {}

  /**
   * Takes ownership of a descriptor.
   *
   * @param onEnd called once when nothing more will come
   */
  Output(EventLoop loop, Fd fd, Runnable onEnd) {
    this.loop = loop;
    this.fd = fd.setNonBlocking(true);
    this.onEnd = onEnd;
  }

  /** Hands the next bytes, up to {@code limit}, to the reader as soon as there are some. */
  void read(int limit, GuestProcess.Reader reader) {
    // The limit is unsigned on the wire.
    int bounded = limit < 0 ? MAX_READ : Math.max(1, Math.min(limit, MAX_READ));
    waiting.add(new Read(bounded, reader));
    serve();
  }

  /** From now on an empty pipe is the end, even if some process still holds its other side. */
  void finish() {
    finishing = true;
    if (!ended && waiting.isEmpty() && fd.available() == 0) {
      end();
    }
    serve();
  }

  boolean hasEnded() {
    return ended;
  }

  private void serve() {
    // Bytes are read only for one who is there: they could not be put back.
    waiting.removeIf(read -> !read.reader().isThere());
    while (!waiting.isEmpty()) {
      byte[] bytes = ended ? END : next(waiting.peek().limit());
      if (bytes == null) {
        if (watch == null) {
          watch = loop.watch(fd, EventLoop.READABLE, events -> serve());
        }
        return;
      }
      waiting.remove().reader().read(bytes);
    }
    stopWatching();
  }

  private void stopWatching() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  /** The next bytes; none at the end; null if there are none yet. */
  private byte[] next(int limit) {
    // As much as is there: most answers are short, and an array for the longest each time is what
    // would make the heap grow.
    byte[] buffer = new byte[Math.max(1, Math.min(limit, fd.available()))];
    int count = readDescriptor(buffer);
    if (count > 0) {
      return count == buffer.length ? buffer : Arrays.copyOf(buffer, count);
    }
    if (count == Fd.WOULD_BLOCK && !finishing) {
      return null;
    }
    end();
    return END;
  }

  private int readDescriptor(byte[] buffer) {
    try {
      return fd.read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      // A terminal whose last process is gone.
      if (e.errno() == Errno.EIO) {
        return 0;
      }
      throw e;
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      stopWatching();
      fd.close();
      loop.post(onEnd);
    }
  }

  /** Ends it for all readers. */
  @Override
  public void close() {
    end();
    serve();
  }
}
