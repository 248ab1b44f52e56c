package dev.bulkhead.runtime.oci;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.ContainerState;
import java.util.Optional;

/** Finds the container whose machine has a network namespace that another container joins. */
final class NetworkOwner {
  private NetworkOwner() {}

  /**
   * The container with a machine of its own in whose network namespace another one is, as with
   * {@code docker run --network container:NAME} and in the pods of Podman and CRI-O.
   *
   * @param joining with its container process, which is in the namespace
   * @param root where both are
   */
  static Optional<ContainerState> of(ContainerState joining, ContainerRoot root) {
    if (joining.network().isEmpty()) {
      return Optional.empty();
    }
    Optional<FileStatus> namespace = namespace(joining);
    return namespace.flatMap(
        joined ->
            root.listOwn().stream()
                .filter(other -> !other.id().equals(joining.id()) && other.monitor().isAlive())
                .filter(other -> namespace(other).filter(joined::isSameFile).isPresent())
                .findFirst());
  }

  private static Optional<FileStatus> namespace(ContainerState container) {
    if (!container.process().isAlive()) {
      return Optional.empty();
    }
    try (Fd file = Namespaces.open(container.process().pid(), "net")) {
      return Optional.of(Files.status(file));
    } catch (LinuxException e) {
      // It has ended in between.
      return Optional.empty();
    }
  }
}
