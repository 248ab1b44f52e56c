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
  private static final int READ_SIZE = 64 << 10;
  private static final int MAX_PENDING_FRAMES = 64;

  /** A virtio-serial port whose other side is gone reads as ended; it may come back. */
  private static final long RETRY_MILLIS = 100;

  private final EventLoop loop;
  private final Fd fd;
  private final ServiceRegistry services;
  private final boolean reconnects;
  private final Runnable onEnd;
  private final byte[] buffer = new byte[READ_SIZE];
  private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
  private int offset;
  private ServerConnection connection;
  private EventLoop.Watch watch;

  private HostChannel(
      EventLoop loop, Fd fd, ServiceRegistry services, boolean reconnects, Runnable onEnd) {
    this.loop = loop;
    this.fd = fd;
    this.services = services;
    this.reconnects = reconnects;
    this.onEnd = onEnd;
    begin();
  }

  /** Serves the port for ever, whoever opens its other side. */
  public static void servePort(EventLoop loop, Fd port, ServiceRegistry services) {
    new HostChannel(loop, port, services, true, () -> {}).watch();
  }

  /** Serves a connection until the host closes it, and owns its descriptor. */
  public static void serveConnection(EventLoop loop, Fd connection, ServiceRegistry services) {
    new HostChannel(loop, connection, services, false, connection::close).watch();
  }

  private void begin() {
    connection = new ServerConnection(services, this::send);
    pending.clear();
    offset = 0;
  }

  private void watch() {
    watch = loop.watch(fd, EventLoop.READABLE, this::ready);
  }

  private void ready(int events) {
    if ((events & EventLoop.WRITABLE) != 0) {
      flush();
    }
    if (pending.size() < MAX_PENDING_FRAMES && (events & ~EventLoop.WRITABLE) != 0) {
      receive();
    }
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
      connection.receive(buffer, 0, count);
    } else if (count == 0) {
      end();
    }
  }

  /** What was half received or half sent belongs to the host that is gone. */
  private void end() {
    connection.close();
    watch.close();
    begin();
    if (reconnects) {
      loop.schedule(RETRY_MILLIS, this::watch);
    } else {
      onEnd.run();
    }
  }

  private void send(byte[] frame) {
    pending.add(frame);
    if (pending.size() == 1) {
      flush();
    } else {
      awaitRoom();
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
        pending.clear();
        offset = 0;
        break;
      }
      if (count == Fd.WOULD_BLOCK) {
        awaitRoom();
        return;
      }
      offset += count;
      if (offset == frame.length) {
        pending.remove();
        offset = 0;
      }
    }
    if (watch != null) {
      watch.interest(EventLoop.READABLE);
    }
  }

  private void awaitRoom() {
    boolean full = pending.size() >= MAX_PENDING_FRAMES;
    watch.interest(full ? EventLoop.WRITABLE : EventLoop.READABLE | EventLoop.WRITABLE);
  }
}
