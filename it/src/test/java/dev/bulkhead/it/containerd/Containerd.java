package dev.bulkhead.it.containerd;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.docker.HostNamespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A private containerd that finds the shim on its PATH, with a busybox image in it; on request it
 * serves a kubelet.
 */
final class Containerd implements AutoCloseable {
  static final String IMAGE = "docker.io/library/busybox:latest";

  /** What the image does if it is not told another; in it as a pod's own container. */
  static final String PAUSE = "sleep 1000000000";

  private static final String RUNTIME = "io.containerd.bulkhead.v2";
  private static final long START_SECONDS = 60;
  private static final long POLL_MILLIS = 20;

  private final Path directory;
  private final String namespace;
  private final HostNamespaces namespaces;
  private List<String> snapshotter = List.of();
  private Process daemon;

  private Containerd(Path directory, String namespace, HostNamespaces namespaces) {
    this.directory = directory;
    this.namespace = namespace;
    this.namespaces = namespaces;
  }

  /** Starts the daemon and imports the image. */
  static Containerd start() {
    Containerd containerd =
        new Containerd(Dist.scratch("containerd"), "default", HostNamespaces.make());
    containerd.start("disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n", List.of());
    return containerd;
  }

  /**
   * Starts the containerd 1.7 of Debian 13, which has root file systems in files with ext4.
   *
   * @param scratch the file that each begins as
   */
  static Containerd startWithBlockfiles(Path scratch) {
    Containerd containerd =
        new Containerd(
            Dist.scratch("containerd-blockfile"), "default", HostNamespaces.makeOnDebian13());
    containerd.snapshotter = List.of("--snapshotter", "blockfile");
    containerd.start(
        """
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        [plugins."io.containerd.snapshotter.v1.blockfile"]
          fs_type = "ext4"
          scratch_file = "%s"
        """
            .formatted(scratch),
        List.of());
    return containerd;
  }

  /**
   * Starts the daemon for a kubelet, with a network for pods, runc as the default runtime, and this
   * one by {@code bulkhead install} as "bulkhead" and for untrusted pods.
   */
  static Containerd startForPods() {
    Containerd containerd =
        new Containerd(Dist.scratch("containerd-cri"), "k8s.io", HostNamespaces.make());
    containerd.makePodNetwork();
    containerd.start(
        """
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "%1$s"
          restrict_oom_score_adj = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "%2$s/cni"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%3$s]
            runtime_type = "io.containerd.bulkhead.v2"
            options = { ConfigPath = "%4$s" }
        """
            .formatted(IMAGE, containerd.directory, VIRTIO_FS, containerd.writeVirtioFs()),
        List.of("--untrusted"));
    return containerd;
  }

  private Path writeVirtioFs() {
    try {
      return Files.writeString(
          directory.resolve("virtio-fs.toml"), "[hypervisor.qemu]\nshared_fs = \"virtio-fs\"\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The handler of pods that share their files over virtio-fs. */
  static final String VIRTIO_FS = "bulkhead-virtio-fs";

  /** Debian's plugins connect pods to a bridge; what they remember is in /run and /var/lib/cni. */
  private void makePodNetwork() {
    try {
      Path cni = Files.createDirectories(directory.resolve("cni"));
      Files.writeString(
          cni.resolve("10-pods.conflist"),
          """
          {"cniVersion": "0.4.0", "name": "pods", "plugins": [
            {"type": "bridge", "bridge": "pods0", "isGateway": true, "ipam": {
              "type": "host-local", "dataDir": "/run/cni-addresses",
              "ranges": [[{"subnet": "10.88.7.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    inside("sh", "-ec", "mkdir -p /var/lib/cni; mount -t tmpfs tmpfs /var/lib/cni")
        .run()
        .succeeds();
  }

  private void start(String plugins, List<String> installed) {
    try {
      // What a run that was killed has left.
      Command.of("rm", "-rf", directory + "/root", directory + "/state").run().succeeds();
      writeConfiguration(plugins);
      if (!installed.isEmpty()) {
        install(installed.toArray(String[]::new));
      }
      startDaemon();
      importImage();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeConfiguration(String plugins) throws IOException {
    Files.deleteIfExists(Path.of(configuration() + ".before-bulkhead"));
    Files.writeString(
        configuration(),
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        %2$s
        [grpc]
          address = "%1$s/c.sock"
        [ttrpc]
          address = "%1$s/c.sock.ttrpc"
        """
            .formatted(directory, plugins));
  }

  /** Makes the runtime known for pods; {@link #restart} makes the daemon read it. */
  void install(String... options) {
    List<String> words = new ArrayList<>(List.of("install", "containerd"));
    words.addAll(List.of(options));
    words.addAll(List.of("--config", configuration().toString()));
    Dist.bulkhead(words.toArray(String[]::new)).run().succeeds();
  }

  private Path configuration() {
    return directory.resolve("containerd.toml");
  }

  private void startDaemon() throws IOException {
    String path = Dist.BINARY.getParent() + ":" + System.getenv("PATH");
    daemon =
        new ProcessBuilder(
                namespaces.inside(
                    "env", "PATH=" + path, "containerd", "--config", configuration().toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    await("containerd", () -> ctr("version").run().code() == 0);
  }

  private void importImage() throws IOException {
    Path parts = Dist.scratch("containerd-image");
    Path layer = parts.resolve("layer.tar");
    Command.of("tar", "-C", Dist.busybox().toString(), "-cf", layer.toString(), ".")
        .run()
        .succeeds();
    Files.writeString(
        parts.resolve("config.json"),
        """
        {"architecture": "amd64", "os": "linux",
         "config": {"Env": ["PATH=/bin:/sbin"], "Cmd": ["sh", "-c", "%s"]},
         "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}
        """
            .formatted(PAUSE, digest(layer)));
    Files.writeString(
        parts.resolve("manifest.json"),
        """
        [{"Config": "config.json", "RepoTags": ["busybox:latest"], "Layers": ["layer.tar"]}]
        """);
    Path archive = directory.resolve("busybox.tar");
    Command.of(
            "tar",
            "-C",
            parts.toString(),
            "-cf",
            archive.toString(),
            "manifest.json",
            "config.json",
            "layer.tar")
        .run()
        .succeeds();
    List<String> words = new ArrayList<>(List.of("image", "import"));
    words.addAll(snapshotter);
    words.add(archive.toString());
    ctr(words.toArray(String[]::new)).run().succeeds();
  }

  private static String digest(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where it listens. */
  Path socket() {
    return directory.resolve("c.sock");
  }

  private Path log() {
    return directory.resolve("containerd.log");
  }

  /** The daemon's process id. */
  long pid() {
    return daemon.pid();
  }

  /** Everything that containerd has logged. */
  String logged() throws IOException {
    return Files.readString(log(), StandardCharsets.UTF_8);
  }

  /** A command where the daemon is. */
  Command inside(String... words) {
    return Command.of(namespaces.inside(words));
  }

  /** The words of a ctr command. */
  List<String> words(String... arguments) {
    List<String> words =
        new ArrayList<>(List.of("ctr", "-a", socket().toString(), "-n", namespace));
    words.addAll(List.of(arguments));
    return namespaces.inside(words.toArray(String[]::new));
  }

  /** A ctr command. */
  Command ctr(String... arguments) {
    return Command.of(words(arguments));
  }

  /** {@code ctr run} with the shim; the options come before the image. */
  Command run(List<String> options, String id, String... command) {
    List<String> words = new ArrayList<>(List.of("run", "--runtime", RUNTIME));
    words.addAll(snapshotter);
    words.addAll(options);
    words.addAll(List.of(IMAGE, id));
    words.addAll(List.of(command));
    return ctr(words.toArray(String[]::new));
  }

  /** The status that {@code ctr task ls} shows, or "" if there is no such task. */
  String status(String id) {
    for (String line : ctr("task", "ls").run().succeeds().output().lines().toList()) {
      List<String> fields = List.of(line.trim().split("\\s+", -1));
      if (fields.getFirst().equals(id)) {
        return fields.getLast();
      }
    }
    return "";
  }

  void awaitStatus(String id, String status) {
    await(id + " being " + status, () -> status(id).equals(status));
  }

  /** Ends the daemon alone, as an upgrade of it does, and starts it again. */
  void restart() throws IOException {
    end();
    startDaemon();
  }

  /** Deletes all tasks and containers that there still are, by force. */
  void removeAll() {
    for (String id : ctr("container", "ls", "-q").run().succeeds().output().lines().toList()) {
      ctr("task", "delete", "-f", id).run();
      ctr("container", "delete", id).run();
    }
  }

  /** What the runtime keeps while a container is there. */
  String left() {
    return inside(
            "find",
            "/run/bulkhead/containerd",
            "/run/containerd/s",
            "-mindepth",
            "1",
            "!",
            "-name",
            namespace)
        .run()
        .output();
  }

  /** The processes of a name. */
  static List<Long> processes(String name) {
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(process -> name.equals(commandName(process)))
        .map(ProcessHandle::pid)
        .toList();
  }

  private static String commandName(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).trim();
    } catch (IOException e) {
      return "";
    }
  }

  static void await(String what, BooleanSupplier ready) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!ready.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(what + " did not come");
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void end() {
    daemon.destroy();
    try {
      if (!daemon.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        daemon.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    end();
    namespaces.close();
  }
}
