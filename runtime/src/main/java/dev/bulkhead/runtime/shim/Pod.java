package dev.bulkhead.runtime.shim;

import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.HealthCheckResponse;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.monitor.BootSlots;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The virtual machine of a pod or of a container alone, with what it needs on the host. It is the
 * pod: what its containers share, IPC, the host name and on request their processes, is the
 * machine's own. It is booted for its first container and closed with it.
 */
final class Pod implements AutoCloseable {
  private static final long MIB = 1 << 20;
  private static final String SHM = "/dev/shm";
  private static final List<String> SHARED = List.of("ipc", "uts", "pid");
  private static final String GUEST_SHM = "/run/kata-containers/sandbox/shm";
  private static final long HEALTH_MILLIS = 10_000;

  /** A guest may be busy, and a host too. */
  private static final long HEALTH_PATIENCE_MILLIS = 30_000;

  private static final long SUSPICION_MILLIS = 5_000;

  private final EventLoop loop;
  private final String root;
  private final ShimLog log;
  private final PodContainer first;
  private final Setup setup;
  private final Listener listener;
  private final SandboxDirectory directory;
  private final SharedDirectory shared;
  private final LinuxResources size;
  private final PodVolumes volumes;
  private final Map<String, ContainerFiles> files = new HashMap<>();
  private Optional<SandboxNetwork> network = Optional.empty();
  private Optional<ShareServer.Serving> serving = Optional.empty();
  private Optional<Sandbox> sandbox = Optional.empty();
  private boolean lost;
  private boolean closed;

  /** Told what happens to the machine. */
  interface Listener {
    /** A container's memory was not enough. */
    void outOfMemory(String containerId);

    /** The machine is gone, and all processes in it are. */
    void lost();
  }

  /**
   * Prepares the machine.
   *
   * @param root the directory of the state that does not outlive a boot
   * @param first the container that it begins and ends with
   * @throws ConfigurationException if the configuration makes no sense
   */
  Pod(
      EventLoop loop,
      String root,
      Configuration configuration,
      Optional<String> share,
      ShimLog log,
      PodContainer first,
      Listener listener)
      throws ConfigurationException {
    this.loop = loop;
    this.root = root;
    this.log = log;
    this.first = first;
    this.listener = listener;
    this.setup = Setup.of(loop, configuration, share, root, log::warn);
    this.size = size(first);
    this.directory = SandboxDirectory.within(first.directory().path());
    this.shared = SharedDirectory.create(directory);
    this.volumes = new PodVolumes(loop, first.directory());
  }

  /** A pod's size is told by annotations, as its containers come later. */
  private static LinuxResources size(PodContainer first) {
    return switch (first.role()) {
      case PodRole.Alone alone -> first.spec().linux().resources();
      case PodRole.Member member -> first.spec().linux().resources();
      case PodRole.Sandbox pod -> podSize(first.spec().annotations());
    };
  }

  /** The size of a pod's machine by containerd's annotations. */
  static LinuxResources podSize(Map<String, String> annotations) {
    long memory = number(annotations, "io.kubernetes.cri.sandbox-memory");
    long quota = number(annotations, "io.kubernetes.cri.sandbox-cpu-quota");
    long period = number(annotations, "io.kubernetes.cri.sandbox-cpu-period");
    return LinuxResources.DEFAULT
        .withMemory(LinuxMemory.DEFAULT.withLimit(memory > 0 ? memory : null))
        .withCpu(
            LinuxCpu.DEFAULT
                .withQuota(quota > 0 ? quota : null)
                .withPeriod(period > 0 ? period : null));
  }

  private static long number(Map<String, String> annotations, String key) {
    String text = annotations.getOrDefault(key, "0");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new ContainerException(
          "the annotation " + key + " is '" + text + "', which is no number", e);
    }
  }

  /**
   * Boots the machine and makes its guest ready; the loop turns meanwhile.
   *
   * @throws RuntimeException of the sandbox's, hypervisor's or agent's kinds with the reason
   */
  void boot() {
    BootSlots slots = new BootSlots(loop, root + "/.boot-slots", setup.bootsAtOnce());
    try (Fd slot = slots.take(this::checkOpen)) {
      SandboxNetwork joined =
          SandboxNetwork.open(
              loop,
              setup.network(),
              setup.machines().model(),
              setup.machines().vcpus(size.cpu()),
              first.init().pid(),
              log::warn);
      network = Optional.of(joined);
      ShareServer.Serving share = setup.shares().serve(directory, shared, this::shareFailed);
      serving = Optional.of(share);
      Sandbox booted =
          Sandbox.boot(
              loop,
              setup.templates(),
              setup.machines().machine(first.id(), size, share.shares(), joined.devices()),
              setup.limits(),
              setup.roots(),
              this::checkOpen);
      sandbox = Optional.of(booted);
      booted.awaitAgent();
      share.machineStarted().run();
      slot.close();
      booted.create(first.id(), first.spec().hostname(), storages(share), setup.kernelModules());
      booted.settle();
      booted.onFailure(this::lose);
      booted.onOutOfMemory(listener::outOfMemory);
      loop.schedule(HEALTH_MILLIS, this::checkHealth);
    }
  }

  private List<Storage> storages(ShareServer.Serving share) {
    List<Storage> storages = new ArrayList<>(share.storages());
    if (!first.isInGuest()) {
      storages.add(
          Storage.DEFAULT
              .withDriver("ephemeral")
              .withSource("shm")
              .withFstype("tmpfs")
              .withMountPoint(GUEST_SHM)
              .withOptions(List.of("mode=1777", "size=64m")));
    }
    return storages;
  }

  private void shareFailed(String reason) {
    sandbox.ifPresent(
        booted -> booted.fail("the files of the sandbox are not served any more: " + reason));
  }

  private void checkOpen() {
    if (closed) {
      throw new SandboxException("the sandbox '" + first.id() + "' was given up");
    }
  }

  /** Gives the guest the network that there is by now; later changes follow by themselves. */
  void connectNetwork() {
    Sandbox running = sandbox();
    network.ifPresent(joined -> joined.connect(running));
  }

  /** The running machine. */
  Sandbox sandbox() {
    if (lost) {
      throw new SandboxException("the virtual machine of '" + first.id() + "' is gone");
    }
    return sandbox.orElseThrow(
        () ->
            new SandboxException(
                "the virtual machine of '" + first.id() + "' does not run (yet, or any more)"));
  }

  /** Whether the machine ended by itself. */
  boolean isLost() {
    return lost;
  }

  /** Makes a container in the guest, whose first process waits. */
  void createContainer(PodContainer container) {
    ContainerFiles its = setup.shares().files(container.id(), shared);
    files.put(container.id(), its);
    try {
      Sandbox running = sandbox();
      running.createContainer(container.id(), guestSpec(container, its), its);
      volumes.add(running, container.id(), its.disks());
    } catch (RuntimeException e) {
      its.close();
      throw e;
    }
  }

  private Spec guestSpec(PodContainer container, ContainerFiles its) {
    Spec spec = container.spec();
    boolean inPod = !first.isInGuest();
    if (inPod) {
      spec = spec.withLinux(spec.linux().withNamespaces(podNamespaces(spec)));
    }
    its.disks().addDevices(spec);
    Spec ofHost = spec;
    Spec guest =
        GuestSpec.of(
            spec,
            root(container, its),
            volume -> inPod && isSharedMemory(ofHost, volume) ? GUEST_SHM : its.lend(volume));
    return setup.guestSeccomp() ? guest : guest.withLinux(guest.linux().withSeccomp(null));
  }

  /** Makes the container's root appear in the guest and answers where. */
  private String root(PodContainer container, ContainerFiles its) {
    Optional<RootDisk> disk = container.rootDisk();
    String path = container.spec().root().path();
    if (disk.isPresent() && setup.rootsAsDisks()) {
      return its.disks().addFileSystem(disk.get().source(), RootDisk.TYPE, disk.get().options());
    }
    disk.ifPresent(onHost -> onHost.mountOnHost(path));
    return its.addRoot(container.spec());
  }

  /** What is shared in the pod is the machine's own: a namespace by path is not made anew. */
  private static List<LinuxNamespace> podNamespaces(Spec spec) {
    List<LinuxNamespace> own = new ArrayList<>();
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      boolean joined = !namespace.path().isEmpty();
      if (!joined || !SHARED.contains(namespace.type())) {
        own.add(namespace);
      }
    }
    return own;
  }

  /** Whether a file of the host is the pod's shared memory; a file server is no memory. */
  private static boolean isSharedMemory(Spec spec, GuestSpec.Volume volume) {
    return spec.mounts().stream()
        .anyMatch(
            mount -> mount.destination().equals(SHM) && mount.source().equals(volume.source()));
  }

  /** Takes back what a container was lent that is no more. */
  void forget(PodContainer container) {
    try {
      volumes.remove(container.id());
      Optional.ofNullable(files.remove(container.id())).ifPresent(ContainerFiles::close);
    } catch (LinuxException | HypervisorException e) {
      // It goes with the pod at the latest, and the others of it must not suffer.
      log.warn("what container '" + container.id() + "' was lent is left: " + e.getMessage());
    }
  }

  /** The machine's memory in bytes, which no container's limit can go beyond. */
  long memoryBytes() {
    return setup.machines().memoryMib(size) * MIB;
  }

  /** A guest that hangs answers nothing, and would be waited for for ever. */
  private void checkHealth() {
    askForHealth(
        HEALTH_PATIENCE_MILLIS,
        () -> {
          loop.schedule(HEALTH_MILLIS, this::checkHealth);
          // A shim waits for most of its life, and what it needed before is most of its memory.
          Processes.rest();
        });
  }

  /** Finds out soon whether a guest hangs that did not do what it was told to. */
  void suspect() {
    askForHealth(SUSPICION_MILLIS, () -> {});
  }

  private void askForHealth(long patienceMillis, Runnable healthy) {
    if (closed || lost) {
      return;
    }
    Sandbox booted = sandbox.orElseThrow();
    EventLoop.Timer patience =
        loop.schedule(
            patienceMillis,
            () ->
                booted.fail(
                    "the guest has not answered for "
                        + patienceMillis / 1000
                        + " s and is taken to hang"));
    booted
        .agent()
        .send(
            Health.CHECK,
            CheckRequest.DEFAULT,
            new AgentClient.Callback<HealthCheckResponse>() {
              @Override
              public void answered(HealthCheckResponse response) {
                patience.cancel();
                healthy.run();
              }

              @Override
              public void failed(AgentException failure) {
                patience.cancel();
              }
            });
  }

  private void lose(String reason) {
    if (!lost && !closed) {
      lost = true;
      log.error(reason);
      // Not from within its own machine's callbacks.
      loop.post(
          () -> {
            sandbox.ifPresent(Sandbox::close);
            listener.lost();
          });
    }
  }

  /** Ends the machine, at once if {@code killed}. */
  void end(boolean killed) {
    if (!lost && !killed && sandbox.isPresent()) {
      try {
        sandbox.get().destroy();
      } catch (AgentException e) {
        log.warn(e.getMessage());
      }
    }
    close();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      volumes.close();
      sandbox.ifPresent(Sandbox::close);
      network.ifPresent(SandboxNetwork::close);
      serving.ifPresent(ShareServer.Serving::close);
      directory.unmountAll();
      directory.close();
    }
  }
}
