package dev.bulkhead.linux;

import java.util.ArrayDeque;

/** Bytes on their way into a stream that takes them when it can. */
public final class SendQueue {
  private final Stream stream;
  private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
  private int offset;

  /** What takes bytes, as {@link Fd#write} and {@link Fd#sendWithoutBlocking} do. */
  public interface Stream {
    /** Takes some of the bytes and answers how many, or {@link Fd#WOULD_BLOCK}. */
    int write(byte[] bytes, int offset, int length);
  }

  /** An empty queue before a stream. */
  public SendQueue(Stream stream) {
    this.stream = stream;
  }

  /** Whether all that was added is written. */
  public boolean isEmpty() {
    return pending.isEmpty();
  }

  /**
   * Adds bytes behind the others, for {@link #flush} to write. They are this queue's from now on.
   */
  public void add(byte[] bytes) {
    pending.add(bytes);
  }

  /**
   * Writes what the stream takes now.
   *
   * @return whether nothing is left
   * @throws LinuxException as the stream does; what is left stays in the queue
   */
  public boolean flush() {
    while (!pending.isEmpty()) {
      byte[] next = pending.peek();
      int count = stream.write(next, offset, next.length - offset);
      if (count == Fd.WOULD_BLOCK) {
        return false;
      }
      offset += count;
      if (offset == next.length) {
        pending.remove();
        offset = 0;
      }
    }
    return true;
  }

  /** Drops what was not written. */
  public void clear() {
    pending.clear();
    offset = 0;
  }
}
