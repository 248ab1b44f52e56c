package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.container.Timestamp;
import dev.bulkhead.runtime.oci.Bundle;
import dev.bulkhead.runtime.stand.StandStart;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container with its processes. What it leaves on the host, its directory and its cgroup, the
 * shim's delete takes away, which containerd calls after every container's end.
 */
final class PodContainer {
  private final EventLoop loop;
  private final LogProgram.Owner owner;
  private final Bundle bundle;
  private final Optional<RootDisk> rootDisk;
  private final PodRole role;
  private final ContainerDirectory directory;
  private final String containerProcess;
  private final HostCgroup cgroup;
  private final TaskProcess init;
  private final Map<String, TaskProcess> execs = new LinkedHashMap<>();
  private int execCount;

  /**
   * A container of a bundle whose root is mounted, or is a disk.
   *
   * @param owner its id, and containerd's namespace of it
   * @param directory made for it
   * @param containerProcess the path of the program that stands for each process
   */
  PodContainer(
      EventLoop loop,
      LogProgram.Owner owner,
      Bundle bundle,
      Optional<RootDisk> rootDisk,
      PodRole role,
      ContainerDirectory directory,
      String containerProcess,
      Stdio.Places places) {
    this.loop = loop;
    this.owner = owner;
    String id = owner.containerId();
    this.bundle = bundle;
    this.rootDisk = rootDisk;
    this.role = role;
    this.directory = directory;
    this.containerProcess = containerProcess;
    try {
      this.cgroup = HostCgroup.of(bundle.spec().linux().cgroupsPath(), id, isSystemdForm(bundle));
    } catch (IllegalArgumentException e) {
      throw new ContainerException(e.getMessage(), e);
    }
    this.init =
        new TaskProcess(loop, owner, id, "container '" + id + "'", bundle.spec().process(), places);
  }

  /** Whether the cgroup's path is slice:prefix:name, as kubelet's systemd driver has it. */
  private static boolean isSystemdForm(Bundle bundle) {
    String path = bundle.spec().linux().cgroupsPath();
    return !path.startsWith("/") && path.indexOf(':') > 0;
  }

  String id() {
    return owner.containerId();
  }

  String bundlePath() {
    return bundle.path();
  }

  Spec spec() {
    return bundle.spec();
  }

  /** The disk that its root file system is on, if it is not shared with the host. */
  Optional<RootDisk> rootDisk() {
    return rootDisk;
  }

  PodRole role() {
    return role;
  }

  ContainerDirectory directory() {
    return directory;
  }

  HostCgroup cgroup() {
    return cgroup;
  }

  TaskProcess init() {
    return init;
  }

  /** Whether it is in the guest; what only stands for a pod is not. */
  boolean isInGuest() {
    return !(role instanceof PodRole.Sandbox);
  }

  /** The first process, or another by its id. */
  Optional<TaskProcess> process(String execId) {
    return execId.isEmpty() ? Optional.of(init) : Optional.ofNullable(execs.get(execId));
  }

  List<TaskProcess> execs() {
    return List.copyOf(execs.values());
  }

  /** Describes another process. */
  void addExec(String execId, dev.bulkhead.oci.Process process, Stdio.Places places) {
    execs.put(
        execId,
        new TaskProcess(
            loop,
            owner,
            // A name that no container has, whatever containerd's is.
            "exec-" + ++execCount,
            "process '" + execId + "' of container '" + id() + "'",
            process,
            places));
  }

  void removeExec(String execId) {
    execs.remove(execId);
  }

  /** Makes the cgroup and starts the container process, and writes down what delete has to know. */
  void standUp() {
    cgroup.create();
    stand(init, network());
    directory.write(state(ContainerStatus.CREATED));
  }

  /** Starts the container process of another process, in the network of the first. */
  void standUp(TaskProcess exec) {
    stand(exec, new StandStart.Network.Joined("/proc/" + init.pid() + "/ns/net"));
  }

  /** Its streams are the shim's business, so it has none itself. */
  private void stand(TaskProcess process, StandStart.Network network) {
    try (Fd nothing = Files.open("/dev/null", Open.O_RDWR)) {
      process.stand(
          new StandStart(
              containerProcess,
              network,
              cgroup,
              List.of(nothing, nothing, nothing),
              false,
              process.process().args()));
    }
  }

  private StandStart.Network network() {
    for (LinuxNamespace namespace : spec().linux().namespaces()) {
      if (namespace.type().equals("network")) {
        return namespace.path().isEmpty()
            ? new StandStart.Network.Own()
            : new StandStart.Network.Joined(namespace.path());
      }
    }
    return new StandStart.Network.Host();
  }

  /** What hooks are told, and what is written down. */
  ContainerState state(ContainerStatus status) {
    return new ContainerState(
        spec().ociVersion(),
        id(),
        bundle.path(),
        spec().root().path(),
        Timestamp.rfc3339(Clock.realtimeNanos()),
        0,
        spec().annotations(),
        status,
        ProcessIdentity.of(init.pid()),
        ProcessIdentity.of(dev.bulkhead.linux.Processes.pid()),
        cgroup.path(),
        network() instanceof StandStart.Network.Joined(String path) ? path : "",
        Hooks.DEFAULT.withPoststop(spec().hooks().poststop()));
  }

  /** Takes all its processes to be killed and lets go of them. */
  void close() {
    execs().forEach(TaskProcess::close);
    execs.clear();
    init.close();
    RootMounts.unmount(bundle.path() + "/rootfs");
  }
}
