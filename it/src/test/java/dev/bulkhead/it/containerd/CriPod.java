package dev.bulkhead.it.containerd;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.cri.ContainerConfig;
import dev.bulkhead.it.cri.ContainerMetadata;
import dev.bulkhead.it.cri.ContainerRequest;
import dev.bulkhead.it.cri.ContainerState;
import dev.bulkhead.it.cri.ContainerStatus;
import dev.bulkhead.it.cri.CreateContainerRequest;
import dev.bulkhead.it.cri.Device;
import dev.bulkhead.it.cri.ExecSyncRequest;
import dev.bulkhead.it.cri.ExecSyncResponse;
import dev.bulkhead.it.cri.ImageSpec;
import dev.bulkhead.it.cri.LinuxContainerConfig;
import dev.bulkhead.it.cri.LinuxContainerResources;
import dev.bulkhead.it.cri.LinuxContainerSecurityContext;
import dev.bulkhead.it.cri.LinuxPodSandboxConfig;
import dev.bulkhead.it.cri.Mount;
import dev.bulkhead.it.cri.NamespaceMode;
import dev.bulkhead.it.cri.NamespaceOption;
import dev.bulkhead.it.cri.PodSandboxConfig;
import dev.bulkhead.it.cri.PodSandboxMetadata;
import dev.bulkhead.it.cri.PodSandboxRequest;
import dev.bulkhead.it.cri.PodSandboxStatus;
import dev.bulkhead.it.cri.RunPodSandboxRequest;
import dev.bulkhead.it.cri.RuntimeService;
import dev.bulkhead.it.cri.SecurityContext;
import dev.bulkhead.it.cri.StopContainerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A pod as kubelet makes one, with a cgroup of its own that goes with it. */
final class CriPod implements AutoCloseable {
  private static final long MIB = 1 << 20;
  private static final String CGROUPS = "bulkhead";
  private static final Path LOGS = Dist.scratch("pod-logs");

  private final CriClient client;
  private final PodSandboxConfig config;
  private final NamespaceMode pidMode;
  private final String id;
  private int containerCount;

  private CriPod(CriClient client, PodSandboxConfig config, NamespaceMode pidMode, String id) {
    this.client = client;
    this.config = config;
    this.pidMode = pidMode;
    this.id = id;
  }

  /** Runs a pod in a virtual machine, whose containers have processes of their own. */
  static CriPod run(CriClient client, String name) {
    return run(client, name, new Wish("bulkhead", NamespaceMode.CONTAINER, Map.of()));
  }

  /**
   * What a pod's description says.
   *
   * @param handler of its RuntimeClass; "" for the default
   * @param pidMode whether its containers share their processes
   */
  record Wish(String handler, NamespaceMode pidMode, Map<String, String> annotations) {}

  /** Runs a pod. */
  static CriPod run(CriClient client, String name, Wish wish) {
    Path logs = LOGS.resolve(name);
    Command.of("rm", "-rf", logs.toString()).run().succeeds();
    PodSandboxConfig config =
        PodSandboxConfig.DEFAULT
            .withMetadata(new PodSandboxMetadata(name, "uid-of-" + name, "default", 0))
            .withHostname(name)
            .withLogDirectory(logs.toString())
            .withAnnotations(wish.annotations())
            .withLinux(
                LinuxPodSandboxConfig.DEFAULT
                    .withCgroupParent("/" + CGROUPS + "/" + name)
                    .withSecurityContext(new SecurityContext(options(wish.pidMode())))
                    .withResources(
                        LinuxContainerResources.DEFAULT.withMemoryLimitInBytes(128 * MIB)));
    String id =
        client
            .call(RuntimeService.RUN_POD_SANDBOX, new RunPodSandboxRequest(config, wish.handler()))
            .podSandboxId();
    return new CriPod(client, config, wish.pidMode(), id);
  }

  private static NamespaceOption options(NamespaceMode pidMode) {
    return NamespaceOption.DEFAULT.withPid(pidMode);
  }

  String id() {
    return id;
  }

  String name() {
    return config.metadata().name();
  }

  PodSandboxRequest request() {
    return new PodSandboxRequest(id);
  }

  PodSandboxStatus status() {
    return client.call(RuntimeService.POD_SANDBOX_STATUS, request()).status();
  }

  /** A container of the pod that runs. */
  String start(String name, String... command) {
    String container = create(name, command);
    client.call(RuntimeService.START_CONTAINER, new ContainerRequest(container));
    return container;
  }

  /** A container of the pod with a limit of its memory that runs. */
  String startLimited(String name, long memoryBytes, String... command) {
    String container =
        create(name, LinuxContainerResources.DEFAULT.withMemoryLimitInBytes(memoryBytes), command);
    client.call(RuntimeService.START_CONTAINER, new ContainerRequest(container));
    return container;
  }

  /** A container of the pod that has not been started. */
  String create(String name, String... command) {
    return create(name, LinuxContainerResources.DEFAULT, command);
  }

  /** A container of the pod with a device of the host that runs. */
  String startWith(Device device, String name, String... command) {
    ContainerConfig wanted =
        ContainerConfig.DEFAULT.withDevices(List.of(device)).withCommand(List.of(command));
    String container = create(name, LinuxContainerResources.DEFAULT, wanted);
    client.call(RuntimeService.START_CONTAINER, new ContainerRequest(container));
    return container;
  }

  /** A container of the pod with volumes that runs. */
  String startWith(List<Mount> mounts, String name, String... command) {
    ContainerConfig wanted =
        ContainerConfig.DEFAULT.withMounts(mounts).withCommand(List.of(command));
    String container = create(name, LinuxContainerResources.DEFAULT, wanted);
    client.call(RuntimeService.START_CONTAINER, new ContainerRequest(container));
    return container;
  }

  private String create(String name, LinuxContainerResources limits, String... command) {
    return create(name, limits, ContainerConfig.DEFAULT.withCommand(List.of(command)));
  }

  private String create(String name, LinuxContainerResources limits, ContainerConfig wanted) {
    return client
        .call(
            RuntimeService.CREATE_CONTAINER,
            new CreateContainerRequest(
                id,
                wanted
                    .withMetadata(new ContainerMetadata(name, containerCount++))
                    .withImage(new ImageSpec(Containerd.IMAGE))
                    .withLogPath(name + ".log")
                    .withLinux(
                        new LinuxContainerConfig(
                            limits, new LinuxContainerSecurityContext(options(pidMode)))),
                config))
        .containerId();
  }

  /** What a container has written, as it is kept for {@code kubectl logs}. */
  String log(String name) {
    try {
      return Files.readString(LOGS.resolve(config.metadata().name()).resolve(name + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ContainerStatus status(String container) {
    return client.call(RuntimeService.CONTAINER_STATUS, new ContainerRequest(container)).status();
  }

  void awaitExit(String container, int code) {
    Containerd.await(
        "the end of " + container,
        () -> status(container).state() == ContainerState.CONTAINER_EXITED);
    int actual = status(container).exitCode();
    if (actual != code) {
      throw new AssertionError(container + " ended with " + actual + " and not " + code);
    }
  }

  ExecSyncResponse exec(String container, String... command) {
    return client.call(
        RuntimeService.EXEC_SYNC, new ExecSyncRequest(container, List.of(command), 60));
  }

  /** What a command in a container writes. */
  String output(String container, String... command) {
    ExecSyncResponse response = exec(container, command);
    if (response.exitCode() != 0) {
      throw new AssertionError(
          String.join(" ", command)
              + " ended with "
              + response.exitCode()
              + ": "
              + new String(response.stderr(), StandardCharsets.UTF_8));
    }
    return new String(response.stdout(), StandardCharsets.UTF_8);
  }

  /** Asks a container to end, and kills it when the grace is over. */
  void stop(String container, long graceSeconds) {
    client.call(RuntimeService.STOP_CONTAINER, new StopContainerRequest(container, graceSeconds));
  }

  void remove(String container) {
    client.call(RuntimeService.REMOVE_CONTAINER, new ContainerRequest(container));
  }

  /** Stops and removes the pod with all containers, as kubelet does. */
  @Override
  public void close() {
    client.call(RuntimeService.STOP_POD_SANDBOX, request());
    client.call(RuntimeService.REMOVE_POD_SANDBOX, request());
    try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
      for (Path hierarchy : hierarchies.filter(Files::isDirectory).toList()) {
        Files.deleteIfExists(hierarchy.resolve(CGROUPS).resolve(name()));
      }
      Files.deleteIfExists(Path.of("/sys/fs/cgroup", CGROUPS, name()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
