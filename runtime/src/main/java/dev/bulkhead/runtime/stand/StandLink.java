package dev.bulkhead.runtime.stand;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import java.util.function.Consumer;

/** One end of the connection between a container process and its monitor; closing it ends it. */
public final class StandLink implements AutoCloseable {
  private final Fd socket;
  private final Consumer<StandMessage> received;
  private final Runnable gone;
  private final byte[] buffer = new byte[StandMessage.SIZE * 16];
  private final EventLoop.Watch watch;
  private int filled;

  /**
   * Listens at an end, which becomes the link's.
   *
   * @param received told each message
   * @param gone called once when the other end is closed
   */
  public StandLink(EventLoop loop, Fd socket, Consumer<StandMessage> received, Runnable gone) {
    this.socket = socket;
    this.received = received;
    this.gone = gone;
    this.watch = loop.watch(socket, EventLoop.READABLE, events -> receive());
  }

  private void receive() {
    int count;
    try {
      count = socket.read(buffer, filled, buffer.length - filled);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ECONNRESET) {
        throw e;
      }
      count = 0;
    }
    if (count == 0) {
      watch.close();
      gone.run();
      return;
    }
    filled += Math.max(0, count);
    int used = 0;
    while (filled - used >= StandMessage.SIZE) {
      received.accept(StandMessage.decode(buffer, used));
      used += StandMessage.SIZE;
    }
    System.arraycopy(buffer, used, buffer, 0, filled - used);
    filled -= used;
  }

  /** Sends a message; to an end that is gone nothing is sent. */
  public void send(StandMessage message) {
    if (!socket.isOpen()) {
      return;
    }
    byte[] bytes = message.encode();
    try {
      // A few bytes into an empty socket are taken whole; a peer that reads none of many is stuck.
      socket.sendWithoutBlocking(bytes, 0, bytes.length);
    } catch (LinuxException e) {
      if (!e.isOfPeersEnd()) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    watch.close();
    socket.close();
  }
}
