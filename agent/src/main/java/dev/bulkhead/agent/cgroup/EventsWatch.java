package dev.bulkhead.agent.cgroup;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import java.nio.charset.StandardCharsets;

/**
 * Notices changes in one of a cgroup's files of events, by the kernel's own notice: it tells those
 * who poll such a file, until they read it again.
 */
final class EventsWatch implements AutoCloseable {
  private static final int LIMIT = 512;

  private final Fd file;
  private EventLoop.Watch watch;

  private EventsWatch(Fd file) {
    this.file = file;
  }

  /** Calls the action after each change. */
  static EventsWatch of(String path, EventLoop loop, Runnable changed) {
    EventsWatch made = new EventsWatch(Files.open(path, Open.O_RDONLY));
    try {
      made.read();
      made.watch =
          loop.watch(
              made.file,
              EventLoop.PRIORITY,
              ready -> {
                made.read();
                changed.run();
              });
      return made;
    } catch (RuntimeException e) {
      made.file.close();
      throw e;
    }
  }

  /** The file as it is now. */
  String read() {
    byte[] content = new byte[LIMIT];
    file.seek(0);
    int length = file.read(content, 0, content.length);
    return new String(content, 0, Math.max(0, length), StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    watch.close();
    file.close();
  }
}
