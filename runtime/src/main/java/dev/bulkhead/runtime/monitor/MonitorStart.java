package dev.bulkhead.runtime.monitor;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.List;

/**
 * A monitor that this process has begun and whose container is not there yet. Until {@link
 * #commit}, closing it ends the monitor and with it the container.
 */
public final class MonitorStart implements AutoCloseable {
  private final int pid;
  private final Fd socket;
  private boolean committed;

  private MonitorStart(int pid, Fd socket) {
    this.pid = pid;
    this.socket = socket;
  }

  /** Begins a monitor, which boots the sandbox while this process does something else. */
  public static MonitorStart begin(Monitor.Plan plan) {
    List<Fd> ends = UnixSocket.pair("the monitor's report");
    try {
      int pid = Processes.fork(() -> Monitor.live(plan, ends.getLast()));
      return new MonitorStart(pid, ends.getFirst());
    } catch (LinuxException e) {
      ends.getFirst().close();
      throw e;
    } finally {
      ends.getLast().close();
    }
  }

  /** The monitor's process id. */
  public int pid() {
    return pid;
  }

  /**
   * Waits until the container is created.
   *
   * @throws ContainerException with the reason if it cannot be
   */
  public void awaitCreated(EventLoop loop, long timeoutMillis) {
    new MonitorClient(loop, socket).await(timeoutMillis);
  }

  /** Tells it that the hooks are done that may have given the container interfaces. */
  public void hooksDone() {
    try {
      UnixSocket.send(socket, new byte[] {Monitor.HOOKS_DONE}, List.of());
    } catch (LinuxException e) {
      // It has failed meanwhile, and said why, which is read next.
      if (!e.isOfPeersEnd()) {
        throw e;
      }
    }
  }

  /** Lets the monitor live on by itself. */
  public void commit() {
    UnixSocket.send(socket, new byte[] {Monitor.COMMIT}, List.of());
    committed = true;
  }

  @Override
  public void close() {
    socket.close();
    if (!committed) {
      Processes.kill(pid, Signals.SIGKILL);
      Processes.await(pid);
    }
  }
}
