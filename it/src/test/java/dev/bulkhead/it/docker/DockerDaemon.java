package dev.bulkhead.it.docker;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A private containerd and dockerd: own mount and network namespaces, own /run, all data below the
 * build directory, and Bulkhead as a runtime that daemon.json names.
 */
public final class DockerDaemon implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final long POLL_MILLIS = 50;

  /** The tag of the busybox image in it. */
  public static final String IMAGE = "busybox:latest";

  private final Path directory = Dist.scratch("docker");
  private final Process namespaces;
  private Process containerd;
  private Process dockerd;

  private DockerDaemon(Process namespaces) {
    this.namespaces = namespaces;
  }

  /** Starts both daemons and imports an image. */
  public static DockerDaemon start() {
    try {
      Process namespaces =
          new ProcessBuilder(
                  "unshare",
                  "-mn",
                  "--propagation",
                  "private",
                  "sh",
                  "-ec",
                  "ip link set lo up; mount -t tmpfs tmpfs /run -o mode=755;"
                      + " mount --make-rshared /; echo ready; exec sleep 86400")
              .start();
      BufferedReader reader = namespaces.inputReader(StandardCharsets.UTF_8);
      if (!"ready".equals(reader.readLine())) {
        throw new IllegalStateException(
            new String(namespaces.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
      }
      DockerDaemon daemon = new DockerDaemon(namespaces);
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
    Files.writeString(
        directory.resolve("daemon.json"),
        """
        {"runtimes": {
            "bulkhead": {"path": "%s"},
            "runsc": {"path": "/usr/bin/runsc",
                      "runtimeArgs": ["--platform=ptrace", "--network=none"]}},
         "live-restore": true}
        """
            .formatted(Dist.BINARY));
  }

  private Process inside(String log, String... words) throws IOException {
    return new ProcessBuilder(inNamespaces(words))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve(log).toFile())
        .start();
  }

  private List<String> inNamespaces(String... words) {
    List<String> all =
        new ArrayList<>(
            List.of("nsenter", "-t", Long.toString(namespaces.pid()), "-m", "-n", "--"));
    all.addAll(List.of(words));
    return all;
  }

  private void startContainerd() throws IOException {
    containerd =
        inside(
            "containerd.log",
            "containerd",
            "--config",
            directory.resolve("containerd.toml").toString());
    await("containerd", () -> Files.exists(directory.resolve("c.sock")));
  }

  private void startDockerd() throws IOException {
    dockerd =
        inside(
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
    Path archive = directory.resolve("busybox.tar");
    Command.of("tar", "-C", Dist.busybox().toString(), "-cf", archive.toString(), ".")
        .run()
        .succeeds();
    docker(
            "import",
            "-c",
            "ENV PATH=/bin:/sbin:/usr/bin:/usr/sbin",
            "-c",
            "CMD [\"sh\"]",
            archive.toString(),
            IMAGE)
        .run()
        .succeeds();
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
        inNamespaces("/usr/bin/docker", "-H", "unix://" + directory.resolve("d.sock"));
    words.addAll(List.of(arguments));
    return Command.of(words);
  }

  /** {@code docker run} with Bulkhead as the runtime. */
  public Command run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("run", "--runtime", "bulkhead"));
    words.addAll(List.of(arguments));
    return docker(words.toArray(String[]::new));
  }

  /** A field of {@code docker inspect}. */
  String inspect(String container, String template) {
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
    end(namespaces);
  }
}
