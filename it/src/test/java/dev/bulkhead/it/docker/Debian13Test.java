package dev.bulkhead.it.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker 26 and its QEMU 10, as Debian 13 has them: what has changed since Docker 20.10. */
@ExtendWith(LeavesNothing.class)
final class Debian13Test {
  private static final String IMAGE = DockerDaemon.IMAGE;

  private static DockerDaemon daemon;

  // The build directory is the one that both sides see.
  private final Path scratch = Dist.scratch("docker-13-volume");

  @BeforeAll
  static void start() {
    daemon = DockerDaemon.startOnDebian13();
  }

  @AfterAll
  static void stop() {
    daemon.close();
  }

  private static Command.Result docker(String... arguments) {
    return daemon.docker(arguments).run().succeeds();
  }

  private static Command.Result run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("--rm"));
    words.addAll(List.of(arguments));
    return daemon.run(words.toArray(String[]::new)).run();
  }

  private static void sleeper(String name, String... options) {
    List<String> words = new ArrayList<>(List.of("-d", "--name", name));
    words.addAll(List.of(options));
    words.addAll(
        List.of(IMAGE, "sh", "-c", "trap 'exit 5' TERM; echo up; while true; do sleep 0.1; done"));
    daemon.run(words.toArray(String[]::new)).run().succeeds();
    daemon.awaitLog(name, "up");
  }

  @Test
  void runsUnderAnotherKernelAndPassesOnWhatGoesInAndOut() {
    assertTrue(docker("version", "-f", "{{.Server.Version}}").output().startsWith("26."));
    String guest = run(IMAGE, "uname", "-r").succeeds().output();
    assertNotEquals(Command.of("uname", "-r").run().output(), guest);
    Command.Result both =
        daemon
            .run("--rm", "-i", IMAGE, "sh", "-c", "cat; echo bad >&2; exit 42")
            .input("good\n")
            .run()
            .expect(42);
    assertEquals("good\n", both.output());
    assertEquals("bad\n", both.errors());
    assertTrue(run(IMAGE, "nosuch").expect(127).errors().contains("not found in $PATH"));
    assertTrue(run(IMAGE, "/etc").expect(126).errors().contains("/etc"));
  }

  /** QEMU 7.2 of Debian 12 refuses these. */
  @Test
  void makesFifosAndDevicesInTheRootFileSystem() {
    String listing = "mkfifo /fifo; mknod /null c 1 3; ls -l /fifo /null | cut -c1";
    assertEquals("p\nc\n", run(IMAGE, "sh", "-c", listing).succeeds().output());
  }

  @Test
  void livesTheLifeOfAContainer() throws Exception {
    Files.writeString(scratch.resolve("file"), "from the host");
    sleeper("life", "-v", scratch + ":/data:ro", "-m", "64m", "--cpus", "1");
    assertEquals("from the host", docker("exec", "life", "cat", "/data/file").output());
    assertEquals(7, daemon.docker("exec", "life", "sh", "-c", "exit 7").run().code());
    docker("pause", "life");
    assertEquals("paused", daemon.inspect("life", "{{.State.Status}}"));
    docker("unpause", "life");
    docker("update", "--pids-limit", "40", "life");
    assertEquals("40\n", docker("exec", "life", "cat", "/sys/fs/cgroup/pids.max").output());
    String stats = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", "life").output();
    assertTrue(stats.matches("\\d+(\\.\\d+)?MiB / .*\n"), stats);
    docker("restart", "life");
    daemon.awaitField("life", "{{.State.Status}}", "running");
    docker("stop", "life");
    assertEquals("exited 5", daemon.inspect("life", "{{.State.Status}} {{.State.ExitCode}}"));
    docker("start", "life");
    docker("kill", "life");
    daemon.awaitField("life", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
    docker("rm", "life");
  }

  /** Its containerd is 1.7. */
  @Test
  void runsContainersByTheShimToo() {
    String shim = "io.containerd.bulkhead.v2";
    Command.Result both =
        daemon
            .docker("run", "--rm", "-i", "--runtime", shim, IMAGE, "sh", "-c", "cat; exit 42")
            .input("good\n")
            .run()
            .expect(42);
    assertEquals("good\n", both.output());
    // One of a run that failed.
    docker("network", "prune", "-f");
    docker("network", "create", "--subnet", "10.124.1.0/24", "named");
    docker(
        "run",
        "-d",
        "--name",
        "shim",
        "--network",
        "named",
        "--runtime",
        shim,
        IMAGE,
        "sh",
        "-c",
        "trap 'exit 5' TERM; echo up; while true; do sleep 0.1; done");
    daemon.awaitLog("shim", "up");
    assertEquals(
        run(IMAGE, "uname", "-r").succeeds().output(),
        docker("exec", "shim", "uname", "-r").output());
    docker("exec", "shim", "ping", "-c", "1", "-W", "10", "10.124.1.1");
    String resolved = docker("exec", "shim", "nslookup", "-type=a", "shim").output();
    assertTrue(resolved.contains("Address: 10.124.1.2"), resolved);
    docker("pause", "shim");
    docker("unpause", "shim");
    docker("restart", "shim");
    // Only now its signal is trapped.
    daemon.awaitLog("shim", "up\nup");
    docker("stop", "shim");
    assertEquals("exited 5", daemon.inspect("shim", "{{.State.Status}} {{.State.ExitCode}}"));
    docker("rm", "shim");
    docker("network", "rm", "named");
  }

  @Test
  void runsAsTheKindsOfUserThatSecurityAsksFor() {
    String shown =
        run(
                "--user",
                "1000:1000",
                "--cap-drop",
                "ALL",
                "--read-only",
                "--tmpfs",
                "/tmp",
                "--init",
                "--hostname",
                "box",
                IMAGE,
                "sh",
                "-c",
                "id -u; hostname; grep CapBnd /proc/self/status; touch /tmp/a; touch /a || echo ro")
            .succeeds()
            .output();
    assertEquals("1000\nbox\nCapBnd:\t0000000000000000\nro\n", shown);
  }

  @Test
  void podman5RunsContainersToo() {
    assertTrue(podman("--version").succeeds().output().startsWith("podman version 5."));
    Path archive = scratch.resolve("image.tar");
    docker("save", "-o", archive.toString(), IMAGE);
    podman("load", "-i", archive.toString()).succeeds();
    try {
      String container = "p5";
      String[] sleeper = {
        "run", "-d", "--name", container, "--network", "none", IMAGE, "sleep", "1000"
      };
      podman(sleeper).succeeds();
      assertEquals(
          daemon.run("--rm", IMAGE, "uname", "-r").run().succeeds().output(),
          podman("exec", container, "uname", "-r").succeeds().output());
      assertEquals(9, podman("exec", container, "sh", "-c", "exit 9").code());
      podman("rm", "-f", "-t", "0", container).succeeds();
      assertEquals(
          3, podman("run", "--rm", "--network", "none", IMAGE, "sh", "-c", "exit 3").code());
    } finally {
      podman("rmi", "-f", IMAGE).succeeds();
    }
  }

  /** Its virtiofsd is the one in Rust. */
  @Test
  void sharesFilesByTheOtherVirtiofsd() throws Exception {
    String program = "/usr/libexec/virtiofsd";
    String version = Command.of(daemon.inside(program, "--version")).run().succeeds().output();
    assertTrue(version.matches("virtiofsd 1\\..*\n"), version);
    Path settings =
        Files.writeString(
            scratch.resolve("virtio-fs.toml"), "[hypervisor.qemu]\nshared_fs = \"virtio-fs\"\n");
    Files.writeString(scratch.resolve("given"), "from the host\n");
    String script =
        "grep -c ' / virtiofs ' /proc/mounts; cat /data/given; echo made > /data/made;"
            + " chown 12:34 /data/made; ln /data/made /data/link; stat -c '%u %g %h' /data/link;"
            + " dd if=/dev/zero of=/data/large bs=1M count=8 2>/dev/null; wc -c < /data/large;"
            + " touch /own; ls /own; echo x > /fixed/x || echo refused; ls /fixed/../../../work";
    Command.Result result =
        Command.of(
                daemon.inside(
                    Dist.BINARY.toString(),
                    "--config",
                    settings.toString(),
                    "run",
                    "-v",
                    scratch + ":/data",
                    "-v",
                    scratch + ":/fixed:ro",
                    Dist.busybox().toString(),
                    "sh",
                    "-c",
                    script))
            .run()
            .expect(1);
    assertEquals("1\nfrom the host\n12 34 2\n8388608\n/own\nrefused\n", result.output());
    assertEquals("made\n", Files.readString(scratch.resolve("made")));
    assertEquals(12, Files.getAttribute(scratch.resolve("link"), "unix:uid"));
  }

  private static Command.Result podman(String... arguments) {
    List<String> words = new ArrayList<>(List.of("podman", "--runtime", Dist.BINARY.toString()));
    words.addAll(List.of(arguments));
    return Command.of(daemon.inside(words.toArray(String[]::new))).run();
  }
}
