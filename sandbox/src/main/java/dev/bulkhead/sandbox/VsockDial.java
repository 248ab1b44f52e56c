package dev.bulkhead.sandbox;

import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Vsock;
import java.util.Optional;

/** Calls the agent of a guest over vsock(7), again and again until it listens. */
final class VsockDial {
  /** The port on which Kata's agent listens, and ours. */
  private static final int PORT = 1024;

  private static final long PAUSE_MILLIS = 20;

  // The kernel gives a connection up after two seconds.
  private static final long ATTEMPT_MILLIS = 3000;

  private VsockDial() {}

  /**
   * Connects, the loop turning meanwhile.
   *
   * @param check called between attempts; what it throws ends them
   * @return non-blocking; the caller closes it
   * @throws SandboxException if the machine ends, or nobody listens within the time
   */
  static Fd connect(
      EventLoop loop, VirtualMachine machine, long contextId, long timeoutMillis, Runnable check) {
    long deadline = Clock.monotonicMillis() + timeoutMillis;
    while (true) {
      Optional<Fd> connection = attempt(loop, machine, contextId);
      if (connection.isPresent()) {
        return connection.get();
      }
      if (machine.exit().isPresent()) {
        throw new SandboxException(machine.exit().get().sentence());
      }
      if (Clock.monotonicMillis() > deadline) {
        throw new SandboxException(
            "the agent did not answer over vsock within " + timeoutMillis + " ms");
      }
      check.run();
      loop.runUntil(() -> machine.exit().isPresent(), PAUSE_MILLIS);
    }
  }

  private static Optional<Fd> attempt(EventLoop loop, VirtualMachine machine, long contextId) {
    Fd socket;
    try {
      socket = Vsock.connect(contextId, PORT);
    } catch (LinuxException e) {
      // The guest has no device for it yet.
      return Optional.empty();
    }
    boolean[] decided = new boolean[1];
    boolean connected = false;
    try (EventLoop.Watch watch =
        loop.watch(socket, EventLoop.WRITABLE, events -> decided[0] = true)) {
      loop.runUntil(() -> decided[0] || machine.exit().isPresent(), ATTEMPT_MILLIS);
      connected = decided[0] && Vsock.isConnected(socket);
    } finally {
      if (!connected) {
        socket.close();
      }
    }
    return connected ? Optional.of(socket) : Optional.empty();
  }
}
