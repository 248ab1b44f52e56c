package dev.bulkhead.it.docker;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A private containerd and dockerd: own namespaces, all data below the build directory, and
 * Bulkhead as a runtime by {@code bulkhead install docker}.
 */
public final class DockerDaemon implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final long POLL_MILLIS = 50;

  /** The tag of the busybox image in it. */
  public static final String IMAGE = "busybox:latest";

  private final Path directory;
  private final HostNamespaces namespaces;

  /** One of this daemon's own: another one on this machine would share Docker's. */
  private final String cgroupParent = "docker-" + UUID.randomUUID();

  private Process containerd;
  private Process dockerd;

  private DockerDaemon(Path directory, HostNamespaces namespaces) {
    this.directory = directory;
    this.namespaces = namespaces;
  }

  /** Starts this machine's daemons and imports an image. */
  public static DockerDaemon start() {
    return start("docker", HostNamespaces.make());
  }

  /** Starts the daemons of a Debian 13 and imports an image. */
  public static DockerDaemon startOnDebian13() {
    return start("docker-13", HostNamespaces.makeOnDebian13());
  }

  private static DockerDaemon start(String name, HostNamespaces namespaces) {
    try {
      DockerDaemon daemon = new DockerDaemon(Dist.scratch(name), namespaces);
      daemon.writeConfiguration();
      daemon.startContainerd();
      daemon.startDockerd();
      daemon.importImage();
      return daemon;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeConfiguration() throws IOException {
    Files.writeString(
        directory.resolve("containerd.toml"),
        """
        version = 2
        root = "%1$s/containerd"
        state = "%1$s/containerd-state"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        [grpc]
          address = "%1$s/c.sock"
        [ttrpc]
          address = "%1$s/c.sock.ttrpc"
        """
            .formatted(directory));
    Files.writeString(macvtap(), "[runtime]\ninternetworking_model = \"macvtap\"\n");
    Path settings = directory.resolve("daemon.json");
    Files.writeString(
        settings,
        """
        {
          "runtimes": {
            "runsc": {"path": "/usr/bin/runsc",
                      "runtimeArgs": ["--platform=ptrace", "--network=none"]},
            "runsc-hostnet": {"path": "/usr/bin/runsc",
                              "runtimeArgs": ["--platform=ptrace", "--network=host"]},
            "bulkhead-macvtap": {"path": "%2$s", "runtimeArgs": ["--config", "%3$s"]}
          },
          "live-restore": true,
          "cgroup-parent": "/%1$s"
        }
        """
            .formatted(cgroupParent, Dist.BINARY, macvtap()));
    Dist.bulkhead("install", "docker", "--config", settings.toString()).run().succeeds();
  }

  private Process startInside(String log, String... words) throws IOException {
    return new ProcessBuilder(namespaces.inside(words))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve(log).toFile())
        .start();
  }

  private void startContainerd() throws IOException {
    containerd =
        startInside(
            "containerd.log",
            // Where it finds the shim.
            "env",
            "PATH=" + Dist.BINARY.getParent() + ":" + System.getenv("PATH"),
            "containerd",
            "--config",
            directory.resolve("containerd.toml").toString());
    await("containerd", () -> Files.exists(directory.resolve("c.sock")));
  }

  private void startDockerd() throws IOException {
    dockerd =
        startInside(
            "dockerd.log",
            "dockerd",
            "--config-file",
            directory.resolve("daemon.json").toString(),
            "--containerd",
            directory.resolve("c.sock").toString(),
            "--containerd-namespace",
            "moby",
            "--data-root",
            directory.resolve("data").toString(),
            "--exec-root",
            execRoot().toString(),
            "--pidfile",
            directory.resolve("dockerd.pid").toString(),
            "-H",
            "unix://" + directory.resolve("d.sock"),
            "--storage-driver",
            "overlay2");
    await("dockerd", () -> docker("info").run().code() == 0);
  }

  private void await(String what, BooleanSupplier ready) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!ready.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(what + " did not come up; see its log in " + directory);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void importImage() {
    importDirectory(Dist.busybox(), IMAGE);
  }

  /** Makes an image of a root file system. */
  public void importDirectory(Path root, String image) {
    Path archive = directory.resolve("image.tar");
    Command.of("tar", "-C", root.toString(), "-cf", archive.toString(), ".").run().succeeds();
    docker(
            "import",
            "-c",
            "ENV PATH=/bin:/sbin:/usr/bin:/usr/sbin",
            "-c",
            "CMD [\"sh\"]",
            archive.toString(),
            image)
        .run()
        .succeeds();
  }

  /** The configuration of the runtime bulkhead-macvtap. */
  Path macvtap() {
    return directory.resolve("macvtap.toml");
  }

  /** The name of the control group above those of the containers, in each hierarchy. */
  String cgroupParent() {
    return cgroupParent;
  }

  /** Where dockerd keeps what does not outlive a boot. */
  Path execRoot() {
    return directory.resolve("exec");
  }

  /** The directory in which Bulkhead keeps Docker's containers. */
  Path stateRoot() {
    return execRoot().resolve("runtime-runc/moby");
  }

  /** A docker command. */
  public Command docker(String... arguments) {
    List<String> words =
        namespaces.inside("/usr/bin/docker", "-H", "unix://" + directory.resolve("d.sock"));
    words.addAll(List.of(arguments));
    return Command.of(words);
  }

  /** The words of a command that runs where the daemons do. */
  public List<String> inside(String... words) {
    return namespaces.inside(words);
  }

  /** {@code docker run} with Bulkhead as the runtime. */
  public Command run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("run", "--runtime", "bulkhead"));
    words.addAll(List.of(arguments));
    return docker(words.toArray(String[]::new));
  }

  /** A field of {@code docker inspect}. */
  public String inspect(String container, String template) {
    return docker("inspect", "-f", template, container).run().succeeds().output().trim();
  }

  /** Waits until a field of {@code docker inspect} has a value. */
  void awaitField(String container, String template, String value) {
    await(
        container + " with " + template + " = " + value,
        () -> inspect(container, template).equals(value));
  }

  /** Waits until a container's log has a text in it. */
  void awaitLog(String container, String text) {
    await(
        container + " saying " + text,
        () -> docker("logs", container).run().output().contains(text));
  }

  /** Stops dockerd alone, as an upgrade of it does, and starts it again. */
  void restartDockerd() throws IOException {
    end(dockerd);
    startDockerd();
  }

  private static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    String left = docker("ps", "-aq").run().output();
    if (!left.isBlank()) {
      List<String> words = new ArrayList<>(List.of("rm", "-f"));
      words.addAll(left.lines().toList());
      docker(words.toArray(String[]::new)).run();
    }
    end(dockerd);
    end(containerd);
    namespaces.close();
    removeCgroups();
  }

  private void removeCgroups() {
    try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
      for (Path hierarchy : hierarchies.toList()) {
        Files.deleteIfExists(hierarchy.resolve(cgroupParent));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
