package dev.bulkhead.agent.container;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import java.util.ArrayDeque;

/**
 * The writing end of a process's standard input. A write is answered when the kernel has taken all
 * of it, so a process that does not read slows its writer.
 */
final class Input implements AutoCloseable {
  /** A host that does not wait for its writes to be answered is told so before memory ends. */
  private static final int MAX_WAITING = 8 << 20;

  private final EventLoop loop;
  private final Fd fd;
  private final ArrayDeque<Write> waiting = new ArrayDeque<>();

  /** Only there while bytes wait: a pipe whose readers are gone would wake the loop for ever. */
  private EventLoop.Watch watch;

  private int waitingBytes;
  private boolean closeWhenDone;
  private boolean closed;

  private static final class Write {
    private final byte[] bytes;
    private final GuestProcess.Writer writer;
    private int offset;

    Write(byte[] bytes, GuestProcess.Writer writer) {
      this.bytes = bytes;
      this.writer = writer;
    }
  }

  /** Takes ownership of a descriptor. */
  Input(EventLoop loop, Fd fd) {
    this.fd = fd.setNonBlocking(true);
    this.loop = loop;
  }

  /** Writes all bytes, after those of earlier calls. */
  void write(byte[] bytes, GuestProcess.Writer writer) {
    if (closed || closeWhenDone) {
      writer.refused("standard input is closed");
      return;
    }
    if (!waiting.isEmpty() && waitingBytes > MAX_WAITING - bytes.length) {
      writer.refused("more than " + MAX_WAITING + " bytes wait for the process to read");
      return;
    }
    waiting.add(new Write(bytes, writer));
    waitingBytes += bytes.length;
    drain();
  }

  private void drain() {
    while (!waiting.isEmpty()) {
      Write next = waiting.peek();
      int count;
      try {
        count = fd.write(next.bytes, next.offset, next.bytes.length - next.offset);
      } catch (LinuxException e) {
        String reason =
            e.errno() == Errno.EPIPE || e.errno() == Errno.EIO
                ? "the process does not read its standard input any more"
                : e.getMessage();
        release();
        refuseAll(reason);
        return;
      }
      if (count == Fd.WOULD_BLOCK) {
        if (watch == null) {
          watch = loop.watch(fd, EventLoop.WRITABLE, events -> drain());
        }
        return;
      }
      next.offset += count;
      if (next.offset == next.bytes.length) {
        waiting.remove();
        waitingBytes -= next.bytes.length;
        next.writer.written();
      }
    }
    stopWatching();
    if (closeWhenDone) {
      release();
    }
  }

  private void stopWatching() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  private void refuseAll(String reason) {
    while (!waiting.isEmpty()) {
      waiting.remove().writer.refused(reason);
    }
  }

  /** Lets the process see the end of its input after what was written before. */
  void finish() {
    closeWhenDone = true;
    if (!closed && waiting.isEmpty()) {
      release();
    }
  }

  private void release() {
    if (!closed) {
      closed = true;
      stopWatching();
      fd.close();
    }
  }

  @Override
  public void close() {
    release();
    refuseAll("the process has ended");
  }
}
