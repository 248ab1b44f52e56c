package dev.bulkhead.it.podman;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.LeavesNothing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What Podman's users do. */
@ExtendWith(LeavesNothing.class)
final class PodmanTest {
  private static final String IMAGE = PodmanHost.IMAGE;
  private static PodmanHost host;

  @BeforeAll
  static void start() {
    host = PodmanHost.start();
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  @AfterEach
  void removeAll() {
    host.output("pod", "rm", "-af", "-t", "0");
    host.output("rm", "-af", "-t", "0");
  }

  private static Command run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("run", "--network", "none"));
    words.addAll(List.of(arguments));
    return host.podman(words.toArray(String[]::new));
  }

  /** Starts a container in the background and waits until it says "up". */
  private static void sleeper(String name, String... options) {
    List<String> words = new ArrayList<>(List.of("-d", "--name", name));
    words.addAll(List.of(options));
    words.addAll(
        List.of(IMAGE, "sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done"));
    run(words.toArray(String[]::new)).run().succeeds();
    host.awaitLog(name, "up");
  }

  @Test
  void runsUnderAnotherKernelWithStreamsAndCode() throws Exception {
    var result =
        run(
                "--rm",
                "-i",
                "-e",
                "A=b",
                "-w",
                "/tmp",
                "-u",
                "7:8",
                "--hostname",
                "vessel",
                IMAGE,
                "sh",
                "-c",
                "cat; uname -r; echo $A; pwd; id -u; id -g; hostname; echo err >&2; exit 3")
            .input("in\n")
            .run()
            .expect(3);
    List<String> lines = result.output().lines().toList();
    assertEquals("in", lines.get(0));
    assertFalse(lines.get(1).equals(Command.of("uname", "-r").run().succeeds().output().trim()));
    assertEquals(List.of("b", "/tmp", "7", "8", "vessel"), lines.subList(2, 7));
    assertEquals("err\n", result.errors());
    assertEquals("bulkhead", host.output("info", "-f", "{{.Host.OCIRuntime.Name}}"));
    var missing = run("--rm", IMAGE, "nosuch").run().expect(127);
    assertTrue(missing.errors().contains("executable file not found"), missing.errors());
    run("--rm", IMAGE, "/etc").run().expect(126);
  }

  @Test
  void givesATerminal() {
    String words = String.join(" ", run("--rm", "-it", IMAGE).words());
    var result =
        Command.of(
                "script",
                "-qec",
                "stty rows 40 cols 111; " + words + " sh -c 'tty; sleep 0.5; stty size; exit 3'",
                "/dev/null")
            .run()
            .expect(3);
    assertTrue(result.output().contains("/dev/pts/0"), result.output());
    assertTrue(result.output().contains("40 111"), result.output());
  }

  @Test
  void aContainerInTheBackgroundIsManaged() {
    sleeper("managed", "-m", "64m", "--pids-limit", "60");
    assertTrue(host.output("ps", "--format", "{{.Names}} {{.Status}}").startsWith("managed Up"));
    assertEquals("bulkhead", host.output("inspect", "-f", "{{.OCIRuntime}}", "managed"));
    var added =
        host.podman("exec", "-i", "-e", "C=d", "managed", "sh", "-c", "cat; echo $C; exit 9")
            .input("x\n")
            .run()
            .expect(9);
    assertEquals("x\nd\n", added.output());
    assertEquals(
        (64 << 20) + "\n60",
        host.output(
            "exec",
            "managed",
            "sh",
            "-c",
            "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max"));
    String stats = host.output("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}");
    assertTrue(stats.startsWith("managed "), stats);
    host.output("pause", "managed");
    assertEquals("paused", host.output("inspect", "-f", "{{.State.Status}}", "managed"));
    host.output("unpause", "managed");
    host.output("stop", "-t", "20", "managed");
    assertEquals(
        "exited 5",
        host.output("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "managed"));
    host.output("start", "managed");
    host.awaitField("managed", "{{.State.Status}}", "running");
    host.output("kill", "managed");
    assertEquals("137", host.output("wait", "managed"));
    host.output("start", "managed");
    host.output("rm", "-f", "-t", "0", "managed");
    assertEquals("", host.output("ps", "-aq"));
  }

  @Test
  void aPodHoldsTwoContainers() {
    // An infra container of Podman's own would need its image built.
    host.output(
        "pod",
        "create",
        "--name",
        "pod",
        "--network",
        "none",
        "--infra-image",
        IMAGE,
        "--infra-command",
        "/bin/sleep 100000");
    for (String name : List.of("one", "two")) {
      host.output(
          "run", "-d", "--pod", "pod", "--name", name, IMAGE, "sh", "-c", "echo up; sleep 1000");
      host.awaitLog(name, "up");
    }
    assertEquals("Running", host.output("pod", "inspect", "-f", "{{.State}}", "pod"));
    assertEquals("3", host.output("pod", "inspect", "-f", "{{.NumContainers}}", "pod"));
    // They are one machine with one loopback.
    host.output("exec", "-d", "one", "nc", "-l", "-p", "5000", "-e", "echo", "of one");
    assertEquals(
        "of one",
        host.output(
            "exec", "two", "timeout", "20", "sh", "-c", "until nc 127.0.0.1 5000; do :; done"));
    host.output("pod", "stop", "-t", "1", "pod");
    assertEquals("Exited", host.output("pod", "inspect", "-f", "{{.State}}", "pod"));
    String id = host.output("pod", "inspect", "-f", "{{.ID}}", "pod");
    host.output("pod", "rm", "pod");
    assertEquals(
        "", Command.of("find", "/sys/fs/cgroup", "-type", "d", "-name", id).run().output());
  }
}
