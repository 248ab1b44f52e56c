package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.hooks.HookException;
import dev.bulkhead.runtime.hooks.HookRunner;
import dev.bulkhead.runtime.monitor.MonitorClient;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import dev.bulkhead.runtime.network.SandboxNetwork;
import java.util.List;
import java.util.Optional;

/** {@code delete}: nothing is left of a container. */
public final class Delete {
  private static final long GRACE_MILLIS = 10_000;
  private static final long POLL_MILLIS = 5;
  private static final long CGROUP_MILLIS = 2_000;

  private final OciRuntime runtime;

  public Delete(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Deletes the container.
   *
   * @param force also if it runs, or its state is damaged, or it is gone already
   */
  public void run(String id, boolean force) {
    ContainerDirectory directory = runtime.root().directory(id);
    Optional<ContainerState> found = read(directory, force);
    if (found.isEmpty()) {
      if (!force) {
        throw new ContainerException(
            "container '" + id + "' does not exist below '" + runtime.root().path() + "'");
      }
      if (directory.exists()) {
        removeUnknown(id, directory);
      }
      return;
    }
    ContainerState state = found.get();
    ContainerStatus status = state.status();
    if (!force && status != ContainerStatus.STOPPED && status != ContainerStatus.CREATED) {
      throw new ContainerException(
          "cannot delete container '"
              + id
              + "' that is not stopped: it is "
              + status.word()
              + "; kill it first or use --force");
    }
    try (EventLoop loop = new EventLoop()) {
      end(loop, directory, state, status);
      runPoststop(loop, state, runtime.log());
    }
    removeCgroup(HostCgroup.at(state.cgroup()), runtime.log());
    if (!state.monitor().equals(ProcessIdentity.NONE)) {
      // With the cgroup's last process the machine is gone.
      leaveNetwork(state, runtime.log());
    }
    directory.remove();
  }

  /**
   * Removes what a creation left that was killed before it wrote the state, or whose state is
   * damaged: the monitor can still be asked to end, and ends the container process.
   */
  private void removeUnknown(String id, ContainerDirectory directory) {
    try (EventLoop loop = new EventLoop()) {
      askToEnd(loop, directory);
    }
    // Waits for both, which sit in it, unless the configuration named another cgroup.
    removeCgroup(HostCgroup.of("", id, false), runtime.log());
    directory.remove();
  }

  private static Optional<ContainerState> read(ContainerDirectory directory, boolean force) {
    try {
      return directory.read();
    } catch (ContainerException e) {
      if (force) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Ends both processes: in order if the monitor still can, else by force. */
  private static void end(
      EventLoop loop, ContainerDirectory directory, ContainerState state, ContainerStatus status) {
    if (status != ContainerStatus.STOPPED) {
      askToEnd(loop, directory);
    }
    state.process().awaitOrKill(loop, GRACE_MILLIS);
    state.monitor().awaitOrKill(loop, GRACE_MILLIS);
  }

  private static void askToEnd(EventLoop loop, ContainerDirectory directory) {
    try {
      Optional<MonitorClient> client = MonitorClient.connect(loop, directory);
      if (client.isPresent()) {
        try (MonitorClient monitor = client.get()) {
          monitor.call(new MonitorRequest.Destroy(), List.of(), GRACE_MILLIS);
        }
      }
    } catch (ContainerException e) {
      // It cannot or will not: then it is killed below, and its machine with it.
    }
  }

  /** A monitor leaves the namespace as it found it, unless it was killed. */
  public static void leaveNetwork(ContainerState state, MessageLog log) {
    if (state.network().isEmpty()) {
      return;
    }
    try {
      SandboxNetwork.leave(state.network());
    } catch (LinuxException e) {
      log.write(
          MessageLog.Level.WARNING,
          "the network namespace '"
              + state.network()
              + "' keeps what joined it with a virtual machine: "
              + e.getMessage());
    }
  }

  /** Runs the hooks that follow a container's end. */
  public static void runPoststop(EventLoop loop, ContainerState state, MessageLog log) {
    try {
      new HookRunner(loop)
          .run(
              "poststop",
              state.hooks().poststop(),
              state.toOci(ContainerStatus.STOPPED),
              Optional.empty());
    } catch (HookException e) {
      // By the specification this is for the log only.
      log.write(MessageLog.Level.WARNING, e.getMessage());
    }
  }

  /** Removes the cgroup as soon as the kernel has taken its last process apart. */
  public static void removeCgroup(HostCgroup cgroup, MessageLog log) {
    try (EventLoop loop = new EventLoop()) {
      long tries = CGROUP_MILLIS / POLL_MILLIS;
      while (!cgroup.remove()) {
        if (--tries == 0) {
          log.write(
              MessageLog.Level.WARNING,
              "the cgroup '" + cgroup.path() + "' is left, because there are processes in it");
          return;
        }
        loop.runUntil(() -> false, POLL_MILLIS);
      }
    }
  }
}
