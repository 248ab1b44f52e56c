package dev.bulkhead.linux;

import org.teavm.interop.Address;

/** Both ends of a pipe, close-on-exec. */
public record Pipe(Fd reader, Fd writer) implements AutoCloseable {
  /**
   * Makes a pipe.
   *
   * @param name for error messages: what the pipe is for
   */
  public static Pipe open(String name) {
    int[] ends = new int[2];
    LinuxException.check(Libc.pipe2(Address.ofData(ends), Open.O_CLOEXEC), "pipe", name);
    return new Pipe(new Fd(ends[0], name), new Fd(ends[1], name));
  }

  @Override
  public void close() {
    reader.close();
    writer.close();
  }
}
