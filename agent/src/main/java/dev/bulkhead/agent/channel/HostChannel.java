package dev.bulkhead.agent.channel;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.ttrpc.ServerConnection;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.ArrayDeque;

/**
 * Carries one ttrpc connection over a non-blocking descriptor. While the host does not read, no
 * further requests are taken either, so that answers cannot pile up here.
 */
public final class HostChannel {
  private static final int READ_SIZE = 16 << 10;
  private static final int MAX_PENDING_BYTES = 1 << 20;

  /**
   * What to wait for while nobody has the other side of a port open: that state is told only once,
   * not for as long as it lasts, and the first bytes of the next host end it.
   */
  private static final int NEXT_HOST = EventLoop.READABLE | EventLoop.EDGE_TRIGGERED;

  private final Fd fd;
  private final ServiceRegistry services;
  private final boolean isPort;
  private final byte[] buffer = new byte[READ_SIZE];
  private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
  private final EventLoop.Watch watch;
  private int pendingBytes;
  private int offset;
  private ServerConnection connection;

  private HostChannel(EventLoop loop, Fd fd, ServiceRegistry services, boolean isPort) {
    this.fd = fd;
    this.services = services;
    this.isPort = isPort;
    this.connection = newConnection();
    this.watch = loop.watch(fd, EventLoop.READABLE, this::ready);
  }

  /** Serves the port for ever, whoever opens its other side. */
  public static void servePort(EventLoop loop, Fd port, ServiceRegistry services) {
    new HostChannel(loop, port, services, true);
  }

  /** Serves a connection until the host closes it, and owns its descriptor. */
  public static void serveConnection(EventLoop loop, Fd connection, ServiceRegistry services) {
    new HostChannel(loop, connection, services, false);
  }

  private ServerConnection newConnection() {
    // A host that takes another's place in no time leaves no trace in a port's state.
    return isPort
        ? ServerConnection.overLine(services, this::send, this::dropUnsent)
        : new ServerConnection(services, this::send);
  }

  private void ready(int events) {
    if ((events & EventLoop.WRITABLE) != 0) {
      flush();
    }
    boolean broken = (events & (EventLoop.HANGUP | EventLoop.ERROR)) != 0;
    if (broken || ((events & EventLoop.READABLE) != 0 && !isFull())) {
      receive();
    }
  }

  private boolean isFull() {
    return pendingBytes > MAX_PENDING_BYTES;
  }

  private void receive() {
    int count;
    try {
      count = fd.read(buffer, 0, buffer.length);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EIO && e.errno() != Errno.ECONNRESET) {
        throw e;
      }
      count = 0;
    }
    if (count > 0) {
      watch.interest(wanted());
      connection.receive(buffer, 0, count);
    } else if (count == 0) {
      end();
    }
  }

  /** What was half received or half sent belongs to the host that is gone. */
  private void end() {
    connection.close();
    pending.clear();
    pendingBytes = 0;
    offset = 0;
    if (isPort) {
      connection = newConnection();
      watch.interest(NEXT_HOST);
    } else {
      watch.close();
      fd.close();
    }
  }

  /** Forgets what the last host has not been sent, but for a frame that is sent in part. */
  private void dropUnsent() {
    byte[] begun = offset > 0 ? pending.peek() : null;
    pending.clear();
    pendingBytes = 0;
    if (begun != null) {
      pending.add(begun);
      pendingBytes = begun.length;
    }
  }

  private void send(byte[] frame) {
    pending.add(frame);
    pendingBytes += frame.length;
    if (pending.size() == 1) {
      flush();
    } else {
      watch.interest(wanted());
    }
  }

  private void flush() {
    while (!pending.isEmpty()) {
      byte[] frame = pending.peek();
      int count;
      try {
        count = fd.write(frame, offset, frame.length - offset);
      } catch (LinuxException e) {
        // The host is gone; the reading side sees it too and begins anew.
        offset = 0;
        dropUnsent();
        break;
      }
      if (count == Fd.WOULD_BLOCK) {
        break;
      }
      offset += count;
      if (offset == frame.length) {
        pending.remove();
        pendingBytes -= frame.length;
        offset = 0;
      }
    }
    watch.interest(wanted());
  }

  private int wanted() {
    if (pending.isEmpty()) {
      return EventLoop.READABLE;
    }
    return isFull() ? EventLoop.WRITABLE : EventLoop.READABLE | EventLoop.WRITABLE;
  }
}
