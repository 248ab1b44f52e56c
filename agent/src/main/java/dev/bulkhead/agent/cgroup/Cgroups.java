package dev.bulkhead.agent.cgroup;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.linux.Files;
import java.util.Optional;

/** Makes the cgroups of containers. */
public final class Cgroups {
  private static final String PARENT = GuestFileSystems.CGROUPS + "/containers";
  // Beside the others, so that no container's id can be its name.
  private static final String FIRST = GuestFileSystems.CGROUPS + "/first-container";

  private Optional<Cgroup> first = Optional.empty();

  /**
   * Makes what can be made before a sandbox's first container is known, so that a saved guest has
   * it and each of its clones a tenth less to do until its container runs.
   */
  public void prepare() {
    if (!Files.isDirectory(PARENT)) {
      Files.makeDirectory(PARENT, 0755);
      GuestFileSystems.enableControllers(PARENT);
    }
    // One that could not be removed is the container's who had it.
    if (!Files.isDirectory(FIRST)) {
      Files.makeDirectory(FIRST, 0755);
      first = Optional.of(new Cgroup(FIRST));
    }
  }

  /** Makes the cgroup of a container, whose id has no slash, without limits. */
  public Cgroup create(String containerId) {
    if (first.isPresent()) {
      Cgroup prepared = first.get();
      first = Optional.empty();
      return prepared;
    }
    String path = PARENT + "/" + containerId;
    Files.makeDirectory(path, 0755);
    return new Cgroup(path);
  }
}
