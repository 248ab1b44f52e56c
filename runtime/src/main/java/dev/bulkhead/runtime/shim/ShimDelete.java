package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.oci.Delete;
import dev.bulkhead.shimapi.DeleteResponse;
import java.util.Optional;

/**
 * {@code delete}: containerd calls it after every container's end, whether the shim said goodbye,
 * failed or was killed. Nothing of the container is left then; of a pod, the others go on.
 */
final class ShimDelete {
  /** How long a shim may take that was told to end. */
  private static final long GRACE_MILLIS = 2_000;

  private final ShimCommandLine line;
  private final ContainerRoot containers;

  /**
   * Prepares.
   *
   * @param containers where the namespace's containers have their directories
   */
  ShimDelete(ShimCommandLine line, ContainerRoot containers) {
    this.line = line;
    this.containers = containers;
  }

  /** Deletes; that everything is gone already is fine. */
  DeleteResponse run() throws ShimException {
    String bundle = line.bundle().isEmpty() ? Files.currentDirectory() : line.bundle();
    ContainerDirectory directory = containers.directory(line.id());
    Optional<ContainerState> state = read(directory);
    try (EventLoop loop = new EventLoop()) {
      // Only the bundle of a container alone or a sandbox has it: of a pod, the others go on.
      Optional<ProcessIdentity> daemon = daemon(bundle);
      if (daemon.isPresent()) {
        daemon.get().awaitOrKill(loop, GRACE_MILLIS);
        removeSocket(bundle);
      }
      if (state.isPresent()) {
        state.get().process().awaitOrKill(loop, GRACE_MILLIS);
        // What is worth a word is on standard error, which containerd logs.
        Delete.runPoststop(loop, state.get(), log());
        Delete.removeCgroup(HostCgroup.at(state.get().cgroup()), log());
        if (daemon.isPresent()) {
          Delete.leaveNetwork(state.get(), log());
        }
      }
    }
    directory.remove();
    return new DeleteResponse(
        state.map(known -> known.process().pid()).orElse(0),
        TaskProcess.LOST,
        Times.timestamp(Clock.realtimeNanos()));
  }

  private static MessageLog log() {
    return new MessageLog(Optional.of("/dev/stderr"), false);
  }

  private static Optional<ContainerState> read(ContainerDirectory directory) {
    try {
      return directory.read();
    } catch (ContainerException e) {
      // A damaged one says nothing; what can be known without it is removed all the same.
      return Optional.empty();
    }
  }

  /** The daemon of the bundle: its id and when it began. */
  private static Optional<ProcessIdentity> daemon(String bundle) {
    String text = Files.readTextIfExists(bundle + "/" + Shim.PID_FILE).orElse("").trim();
    int blank = text.indexOf(' ');
    if (blank < 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ProcessIdentity(
              Integer.parseInt(text.substring(0, blank)),
              Long.parseLong(text.substring(blank + 1))));
    } catch (NumberFormatException e) {
      // Whoever wrote that, it was no shim.
      return Optional.empty();
    }
  }

  private static void removeSocket(String bundle) throws ShimException {
    Optional<String> address = Files.readTextIfExists(bundle + "/" + Shim.ADDRESS_FILE);
    if (address.isPresent()) {
      Files.removeIfExists(ShimAddress.parse(address.get()).path());
    }
  }
}
