package dev.bulkhead.it.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonWriter;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.LoopDevice;
import dev.bulkhead.it.agent.AgentConnection;
import dev.bulkhead.it.docker.HostNamespaces;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Root;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.shimapi.CreateSandboxRequest;
import dev.bulkhead.shimapi.CreateTaskRequest;
import dev.bulkhead.shimapi.DeleteRequest;
import dev.bulkhead.shimapi.KillRequest;
import dev.bulkhead.shimapi.LinuxContainerResources;
import dev.bulkhead.shimapi.LinuxPodSandboxConfig;
import dev.bulkhead.shimapi.Mount;
import dev.bulkhead.shimapi.PingRequest;
import dev.bulkhead.shimapi.PlatformRequest;
import dev.bulkhead.shimapi.PodSandboxConfig;
import dev.bulkhead.shimapi.Sandbox;
import dev.bulkhead.shimapi.SandboxMetricsRequest;
import dev.bulkhead.shimapi.SandboxStatusRequest;
import dev.bulkhead.shimapi.ShutdownSandboxRequest;
import dev.bulkhead.shimapi.StartRequest;
import dev.bulkhead.shimapi.StartSandboxRequest;
import dev.bulkhead.shimapi.StopSandboxRequest;
import dev.bulkhead.shimapi.Task;
import dev.bulkhead.shimapi.WaitRequest;
import dev.bulkhead.shimapi.WaitSandboxRequest;
import dev.bulkhead.shimapi.WaitSandboxResponse;
import dev.bulkhead.ttrpc.Code;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods by the sandbox service: the calls of containerd 2 with {@code sandboxer = "shim"}, in its
 * order (its plugins/sandbox/controller.go and internal/cri/server).
 */
@ExtendWith(LeavesNothing.class)
final class SandboxServiceTest {
  private static final String NAMESPACE = "sandbox-service";
  private static final String SHIM =
      Dist.BINARY.resolveSibling("containerd-shim-bulkhead-v2").toString();
  private static final String NETWORK = "bulkhead-pod";
  private static final String POD = "pod-of-the-shim";
  private static final String MEMBER = "container-of-the-pod";

  private static final HostNamespaces NAMESPACES = HostNamespaces.make();

  @TempDir private Path scratch;

  @BeforeAll
  static void makeNetwork() {
    host(
        """
        ip netns add %1$s
        ip link add pod0 type veth peer name eth0 netns %1$s
        ip addr add 10.201.0.1/24 dev pod0 && ip link set pod0 up
        ip -n %1$s link set lo up
        ip -n %1$s addr add 10.201.0.2/24 dev eth0 && ip -n %1$s link set eth0 up
        """
            .formatted(NETWORK));
  }

  @AfterAll
  static void leave() {
    NAMESPACES.close();
  }

  private static String host(String script) {
    return Command.of(NAMESPACES.inside("sh", "-ec", script)).run().succeeds().output();
  }

  /** The bundle of a sandbox has no config.json with the CRI plugin. */
  private Path bundle(String id) throws IOException {
    Path bundle = Files.createDirectories(scratch.resolve(id));
    Files.createDirectory(bundle.resolve("rootfs"));
    host("mkfifo " + bundle.resolve("log"));
    return bundle;
  }

  private Command shim(String id, Path bundle, String... words) {
    return Command.of(
        NAMESPACES.inside(
            Stream.concat(
                    Stream.of(
                        "env",
                        "-C",
                        bundle.toString(),
                        SHIM,
                        "-namespace",
                        NAMESPACE,
                        "-address",
                        scratch.resolve("containerd.sock").toString(),
                        "-publish-binary",
                        "/bin/true",
                        "-id",
                        id),
                    Stream.of(words))
                .toArray(String[]::new)));
  }

  private AgentConnection start(Path bundle) throws IOException {
    String address = shim(POD, bundle, "start").run().succeeds().output();
    SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
    socket.connect(
        UnixDomainSocketAddress.of(NAMESPACES.outside(address.substring("unix://".length()))));
    return AgentConnection.over(socket);
  }

  private static CreateSandboxRequest create(Path bundle) {
    PodSandboxConfig pod =
        PodSandboxConfig.DEFAULT
            .withHostname("podhost")
            .withLinux(
                LinuxPodSandboxConfig.DEFAULT.withResources(
                    LinuxContainerResources.DEFAULT.withMemoryLimitInBytes(256L << 20)));
    return CreateSandboxRequest.DEFAULT
        .withSandboxId(POD)
        .withBundlePath(bundle.toString())
        .withNetnsPath("/run/netns/" + NETWORK)
        .withOptions(new Any("runtime.v1.PodSandboxConfig", pod.encode()));
  }

  private static int shimPid(Path bundle) throws IOException {
    return Integer.parseInt(Files.readString(bundle.resolve("shim.pid")).split(" ", -1)[0]);
  }

  private static String state(AgentConnection shim) throws Exception {
    return shim.call(Sandbox.SANDBOX_STATUS, SandboxStatusRequest.DEFAULT.withSandboxId(POD))
        .state();
  }

  @Test
  void aPodFromItsCreationToItsShutdown() throws Exception {
    Path bundle = bundle(POD);
    AgentConnection shim = start(bundle);
    ProcessHandle daemon = ProcessHandle.of(shimPid(bundle)).orElseThrow();
    assertEquals(
        Code.NOT_FOUND,
        shim.refused(Sandbox.START_SANDBOX, StartSandboxRequest.DEFAULT.withSandboxId(POD)).code());
    shim.call(Sandbox.CREATE_SANDBOX, create(bundle));
    assertEquals("SANDBOX_NOTREADY", state(shim));
    var platform =
        shim.call(Sandbox.PLATFORM, PlatformRequest.DEFAULT.withSandboxId(POD)).platform();
    assertEquals("linux/amd64", platform.os() + "/" + platform.architecture());
    var started = shim.call(Sandbox.START_SANDBOX, StartSandboxRequest.DEFAULT.withSandboxId(POD));
    assertEquals(
        host("stat -Lc %i /run/netns/" + NETWORK),
        host("stat -Lc %i /proc/" + started.pid() + "/ns/net"));
    assertTrue(started.createdAt().seconds() > 0);
    CompletableFuture<WaitSandboxResponse> end =
        shim.send(Sandbox.WAIT_SANDBOX, WaitSandboxRequest.DEFAULT.withSandboxId(POD));
    assertEquals("SANDBOX_READY", state(shim));
    shim.call(Sandbox.PING_SANDBOX, PingRequest.DEFAULT.withSandboxId(POD));

    runMember(
        shim,
        started.pid(),
        MEMBER,
        new Mount("bind", Dist.busybox().toString(), "", List.of("rbind", "ro")),
        " / 9p ");
    try (LoopDevice disk = LoopDevice.make(scratch, "root", 64)) {
      Command.of("mkfs.ext4", "-q", "-d", Dist.busybox().toString(), disk.path()).run().succeeds();
      Mount root = new Mount("ext4", disk.path(), "", List.of("rw"));
      runMember(shim, started.pid(), MEMBER + "-on-a-disk", root, "/dev/vda / ext4 ");
    }
    var metrics =
        shim.call(Sandbox.SANDBOX_METRICS, SandboxMetricsRequest.DEFAULT.withSandboxId(POD));
    assertEquals(POD, metrics.metrics().id());
    assertTrue(metrics.metrics().data().typeUrl().endsWith("Metrics"));

    assertFalse(end.isDone());
    shim.call(
        Sandbox.STOP_SANDBOX, StopSandboxRequest.DEFAULT.withSandboxId(POD).withTimeoutSecs(10));
    assertEquals(137, AgentConnection.await("WaitSandbox", end).exitStatus());
    assertEquals("SANDBOX_NOTREADY", state(shim));
    assertEquals(
        Code.UNAVAILABLE,
        shim.refused(Sandbox.PING_SANDBOX, PingRequest.DEFAULT.withSandboxId(POD)).code());
    shutDown(shim, bundle, daemon);
  }

  private void shutDown(AgentConnection shim, Path bundle, ProcessHandle daemon) throws Exception {
    shim.call(Sandbox.SHUTDOWN_SANDBOX, ShutdownSandboxRequest.DEFAULT.withSandboxId(POD));
    daemon.onExit().get();
    shim.close();
    shim(POD, bundle, "-bundle", bundle.toString(), "delete").run().succeeds();
  }

  /** Containers of the pod are tasks, for which containerd starts no further shim. */
  private void runMember(
      AgentConnection shim, int sandboxPid, String member, Mount root, String mounted)
      throws Exception {
    Path bundle = bundle(member);
    Path output = scratch.resolve("output-of-" + member);
    String script =
        "hostname; ip addr show eth0; grep ' / ' /proc/mounts; exec httpd -f -p 8080 -h /bin";
    List<LinuxNamespace> namespaces =
        List.of(
            LinuxNamespace.DEFAULT.withType("pid"),
            LinuxNamespace.DEFAULT.withType("mount"),
            joined("network", "net", sandboxPid),
            joined("ipc", "ipc", sandboxPid),
            joined("uts", "uts", sandboxPid));
    Spec spec =
        Spec.DEFAULT
            .withOciVersion("1.1.0")
            .withRoot(Root.DEFAULT.withPath("rootfs"))
            .withProcess(
                Process.DEFAULT
                    .withArgs(List.of("sh", "-c", script))
                    .withEnv(List.of("PATH=/bin"))
                    .withCwd("/"))
            .withMounts(
                List.of(
                    dev.bulkhead.oci.Mount.DEFAULT
                        .withDestination("/proc")
                        .withType("proc")
                        .withSource("proc"),
                    dev.bulkhead.oci.Mount.DEFAULT
                        .withDestination("/dev")
                        .withType("tmpfs")
                        .withSource("tmpfs")))
            .withAnnotations(
                Map.of(
                    "io.kubernetes.cri.container-type",
                    "container",
                    "io.kubernetes.cri.sandbox-id",
                    POD))
            .withLinux(Linux.DEFAULT.withNamespaces(namespaces));
    Files.writeString(bundle.resolve("config.json"), JsonWriter.string(spec.toJson()));
    shim.call(
        Task.CREATE.inService("containerd.task.v3.Task"),
        CreateTaskRequest.DEFAULT
            .withId(member)
            .withBundle(bundle.toString())
            .withRootfs(List.of(root))
            .withStdout("file://" + output)
            .withStderr("file://" + output));
    var end = shim.send(Task.WAIT, new WaitRequest(member, ""));
    shim.call(Task.START, new StartRequest(member, ""));
    host(
        "curl -sS -o /dev/null --retry 50 --retry-connrefused --retry-delay 1 http://10.201.0.2:8080/sh");
    String said = Files.readString(output);
    assertTrue(said.startsWith("podhost\n"), said);
    assertTrue(said.contains("inet 10.201.0.2/24"), said);
    assertTrue(said.contains(mounted), said);
    shim.call(Task.KILL, KillRequest.DEFAULT.withId(member).withSignal(9).withAll(true));
    assertEquals(137, AgentConnection.await("Wait", end).exitStatus());
    shim.call(Task.DELETE, new DeleteRequest(member, ""));
    shim(member, bundle, "-bundle", bundle.toString(), "delete").run().succeeds();
  }

  private static LinuxNamespace joined(String type, String file, int pid) {
    return LinuxNamespace.DEFAULT.withType(type).withPath("/proc/" + pid + "/ns/" + file);
  }

  @Test
  void aLostMachineIsToldAndShutDown() throws Exception {
    Path bundle = bundle(POD);
    AgentConnection shim = start(bundle);
    ProcessHandle daemon = ProcessHandle.of(shimPid(bundle)).orElseThrow();
    shim.call(Sandbox.CREATE_SANDBOX, create(bundle));
    shim.call(Sandbox.START_SANDBOX, StartSandboxRequest.DEFAULT.withSandboxId(POD));
    var end = shim.send(Sandbox.WAIT_SANDBOX, WaitSandboxRequest.DEFAULT.withSandboxId(POD));
    Optional<ProcessHandle> machine =
        daemon
            .descendants()
            .filter(process -> process.info().command().orElse("").contains("qemu"))
            .findFirst();
    machine.orElseThrow().destroyForcibly();
    assertEquals(137, AgentConnection.await("WaitSandbox", end).exitStatus());
    assertEquals("SANDBOX_NOTREADY", state(shim));
    shutDown(shim, bundle, daemon);
  }
}
