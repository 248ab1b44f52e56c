package dev.bulkhead.it.podman;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.docker.HostNamespaces;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A host for Podman: own mount and network namespaces, own /run and /etc/containers, storage below
 * the build directory, and Bulkhead as the default runtime by {@code bulkhead install podman}.
 */
final class PodmanHost implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 60;
  private static final long POLL_MILLIS = 50;

  /** The tag of the busybox image in it. */
  static final String IMAGE = "localhost/busybox:latest";

  private final Path directory = Dist.scratch("podman");
  private final HostNamespaces namespaces;

  private PodmanHost(HostNamespaces namespaces) {
    this.namespaces = namespaces;
  }

  /** Makes the host and imports an image. */
  static PodmanHost start() {
    PodmanHost host = new PodmanHost(HostNamespaces.make());
    Path settings = host.directory.resolve("etc");
    Command.of("rm", "-rf", settings.toString()).run().succeeds();
    Command.of("cp", "-a", "/etc/containers", settings.toString()).run().succeeds();
    host.inside("mount", "--bind", settings.toString(), "/etc/containers").run().succeeds();
    host.inside(Dist.BINARY.toString(), "install", "podman", "--default").run().succeeds();
    host.importImage();
    return host;
  }

  private void importImage() {
    Path archive = directory.resolve("busybox.tar");
    Command.of("tar", "-C", Dist.busybox().toString(), "-cf", archive.toString(), ".")
        .run()
        .succeeds();
    podman("import", "-c", "CMD [\"sh\"]", archive.toString(), IMAGE).run().succeeds();
  }

  /** A command in the namespaces. */
  Command inside(String... words) {
    return Command.of(namespaces.inside(words));
  }

  /** A podman command. */
  Command podman(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "podman",
                "--root",
                directory.resolve("storage").toString(),
                "--runroot",
                "/run/podman-storage",
                "--tmpdir",
                "/run/podman",
                "--storage-driver",
                "overlay",
                "--cgroup-manager",
                "cgroupfs",
                "--events-backend",
                "file"));
    words.addAll(List.of(arguments));
    return inside(words.toArray(String[]::new));
  }

  /** A podman command that has to succeed; its output without the last line feed. */
  String output(String... arguments) {
    return podman(arguments).run().succeeds().output().stripTrailing();
  }

  /** Waits until a field of {@code podman inspect} has a value. */
  void awaitField(String container, String template, String value) {
    await(
        container + " with " + template + " = " + value,
        () -> output("inspect", "-f", template, container).equals(value));
  }

  /** Waits until a container's log has a text in it. */
  void awaitLog(String container, String text) {
    await(container + " saying " + text, () -> output("logs", container).contains(text));
  }

  private static void await(String what, BooleanSupplier ready) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!ready.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("no " + what);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    podman("pod", "rm", "-af").run();
    podman("rm", "-af", "-t", "0").run();
    inside(Dist.BINARY.toString(), "uninstall", "podman").run().succeeds();
    namespaces.close();
  }
}
