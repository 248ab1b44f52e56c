package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.ttrpc.ServerConnection;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.ArrayDeque;

/** One of containerd's connections; it lives until containerd closes it or the shim ends. */
final class TaskConnection {
  private static final int READ_SIZE = 4 << 10;

  private final Fd socket;
  private final ServerConnection server;
  private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
  private final EventLoop.Watch watch;
  private int offset;

  /**
   * Serves a connection.
   *
   * @param socket not blocking; taken over
   */
  TaskConnection(EventLoop loop, Fd socket, ServiceRegistry services) {
    this.socket = socket;
    this.server = new ServerConnection(services, this::send);
    this.watch = loop.watch(socket, EventLoop.READABLE, this::ready);
  }

  private void ready(int events) {
    if ((events & EventLoop.WRITABLE) != 0) {
      flush();
    }
    if (socket.isOpen() && (events & ~EventLoop.WRITABLE) != 0) {
      receive();
    }
  }

  private void receive() {
    // There are several connections for each container, which rest for most of their time.
    byte[] buffer = new byte[READ_SIZE];
    int count;
    try {
      count = socket.read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ECONNRESET) {
        throw e;
      }
      count = 0;
    }
    if (count > 0) {
      server.receive(buffer, 0, count);
    } else if (count == 0) {
      close();
    }
  }

  private void send(byte[] frame) {
    pending.add(frame);
    if (pending.size() == 1) {
      flush();
    }
  }

  private void flush() {
    while (!pending.isEmpty()) {
      byte[] frame = pending.peek();
      int count;
      try {
        count = socket.sendWithoutBlocking(frame, offset, frame.length - offset);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EPIPE && e.errno() != Errno.ECONNRESET) {
          throw e;
        }
        close();
        return;
      }
      if (count == Fd.WOULD_BLOCK) {
        watch.interest(EventLoop.READABLE | EventLoop.WRITABLE);
        return;
      }
      offset += count;
      if (offset == frame.length) {
        pending.remove();
        offset = 0;
      }
    }
    watch.interest(EventLoop.READABLE);
  }

  private void close() {
    server.close();
    pending.clear();
    watch.close();
    socket.close();
  }
}
