package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.SendQueue;
import dev.bulkhead.ttrpc.ServerConnection;
import dev.bulkhead.ttrpc.ServiceRegistry;

/** One of containerd's connections; it lives until containerd closes it or the shim ends. */
final class TaskConnection {
  private static final int READ_SIZE = 4 << 10;

  private final Fd socket;
  private final ServerConnection server;
  private final SendQueue pending;
  private final EventLoop.Watch watch;

  /**
   * Serves a connection.
   *
   * @param socket not blocking; taken over
   */
  TaskConnection(EventLoop loop, Fd socket, ServiceRegistry services) {
    this.socket = socket;
    this.pending = new SendQueue(socket::sendWithoutBlocking);
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
    boolean waits = !pending.isEmpty();
    pending.add(frame);
    if (!waits) {
      flush();
    }
  }

  private void flush() {
    boolean all;
    try {
      all = pending.flush();
    } catch (LinuxException e) {
      if (!e.isOfPeersEnd()) {
        throw e;
      }
      close();
      return;
    }
    watch.interest(all ? EventLoop.READABLE : EventLoop.READABLE | EventLoop.WRITABLE);
  }

  private void close() {
    server.close();
    pending.clear();
    watch.close();
    socket.close();
  }
}
