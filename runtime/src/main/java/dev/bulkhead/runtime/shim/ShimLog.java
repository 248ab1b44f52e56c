package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.runtime.container.MessageLog;
import java.nio.charset.StandardCharsets;

/**
 * What the shim has to tell, for containerd's own log: lines into the bundle's fifo. Nobody has to
 * read it: what does not fit is dropped.
 *
 * @param fifo open for both directions and not blocking; the shim's for life
 */
record ShimLog(Fd fifo) {
  void error(String message) {
    write(MessageLog.Level.ERROR, message);
  }

  void warn(String message) {
    write(MessageLog.Level.WARNING, message);
  }

  private void write(MessageLog.Level level, String message) {
    byte[] line = MessageLog.line(level, message).getBytes(StandardCharsets.UTF_8);
    try {
      fifo.write(line, 0, line.length);
    } catch (LinuxException e) {
      // There is no other place to tell that the log cannot be written.
    }
  }
}
