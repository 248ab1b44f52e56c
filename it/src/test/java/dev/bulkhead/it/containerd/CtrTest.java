package dev.bulkhead.it.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.LoopDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** containerd 1.6 runs containers and pods by the shim. */
@ExtendWith(LeavesNothing.class)
final class CtrTest {
  private static final String UNTIL_TERM =
      "trap 'exit 5' TERM; echo up; while true; do sleep 0.1; done";

  private static Containerd containerd;

  @BeforeAll
  static void start() {
    containerd = Containerd.start();
  }

  @AfterAll
  static void stop() {
    containerd.close();
  }

  @AfterEach
  void nothingIsLeftInTheRunDirectory() {
    // A test that failed half-way must not fail the others.
    containerd.removeAll();
    assertEquals("", containerd.left());
  }

  private static Command.Result ctr(String... arguments) {
    return containerd.ctr(arguments).run();
  }

  private static void sleeper(String id, String... options) {
    List<String> all = new ArrayList<>(List.of("-d"));
    all.addAll(List.of(options));
    containerd.run(all, id, "sh", "-c", UNTIL_TERM).run().succeeds();
  }

  private static Command.Result exec(String id, String... command) {
    return execCommand(id, command).run();
  }

  private static int execCount;

  private static Command execCommand(String id, String... command) {
    List<String> words =
        new ArrayList<>(List.of("task", "exec", "--exec-id", "e" + ++execCount, id));
    words.addAll(List.of(command));
    return containerd.ctr(words.toArray(String[]::new));
  }

  /** Deletes what is stopped; ctr warns of an exit code that is not 0. */
  private static void delete(String id, int code) {
    String warned = ctr("task", "delete", id).succeeds().errors();
    assertTrue(
        code == 0 ? warned.isEmpty() : warned.contains("non-zero exit code " + code), warned);
    ctr("container", "delete", id).succeeds();
  }

  @Test
  void runsUnderAnotherKernelAndPassesOnWhatGoesInAndOut() {
    Command.Result result =
        containerd
            .run(List.of("--rm"), "both", "sh", "-c", "cat; uname -r; echo bad >&2; exit 42")
            .input("good\n")
            .run()
            .expect(42);
    List<String> lines = result.output().lines().toList();
    assertEquals("good", lines.getFirst());
    assertNotEquals(Command.of("uname", "-r").run().output().trim(), lines.getLast());
    assertTrue(result.errors().contains("bad\n"), result.errors());
    Command.Result none = containerd.run(List.of("--rm"), "none", "nosuch").run().expect(1);
    assertTrue(
        none.errors().contains("exec: \"nosuch\": executable file not found in $PATH"),
        none.errors());
  }

  /** The root is a disk of the image, and a volume is one that the guest alone mounts. */
  @Test
  void runsWithoutSharingFiles(@TempDir Path scratch) throws Exception {
    Path configuration =
        Files.writeString(
            scratch.resolve("none.toml"),
            "[hypervisor.qemu]\nshared_fs = \"none\"\n[image]\nstore = \""
                + scratch
                + "/store\"\n");
    Path volume = Files.createDirectory(scratch.resolve("volume"));
    String path = volume.toString();
    try (LoopDevice loop = LoopDevice.makeExt4(scratch, "disk", 16)) {
      String info =
          "{\"volume-type\": \"block\", \"device\": \"%s\", \"fstype\": \"ext4\"}"
              .formatted(loop.path());
      volume("add", path, "--mount-info", info).succeeds();
      sleeper(
          "unshared",
          "--runtime-config-path",
          configuration.toString(),
          "--mount",
          "type=bind,src=" + path + ",dst=/data,options=rbind:rw");
      String mounts = exec("unshared", "grep", "-E", " (/|/data) ", "/proc/mounts").output();
      assertTrue(mounts.matches("(?s)overlay / overlay .*/dev/vdb /data ext4 .*"), mounts);
      exec("unshared", "sh", "-c", "echo kept > /data/kept; echo lost > /lost").succeeds();
      String full = volume("stats", path).succeeds().output();
      assertTrue(full.contains("\"unit\":1") && full.contains("\"available\":"), full);
      String large = volume("resize", path, "--size", "1t").expect(125).errors();
      assertTrue(large.contains("Cannot grow device files"), large);
      ctr("task", "kill", "-s", "TERM", "unshared").succeeds();
      containerd.awaitStatus("unshared", "STOPPED");
      delete("unshared", 5);
      volume("remove", path).succeeds();
    }
  }

  private static Command.Result volume(String action, String path, String... options) {
    List<String> words =
        new ArrayList<>(
            List.of(Dist.BINARY.toString(), "direct-volume", action, "--volume-path", path));
    words.addAll(List.of(options));
    return containerd.inside(words.toArray(String[]::new)).run();
  }

  @Test
  void livesTheLifeOfAContainer() throws Exception {
    Process listener = containerd.ctr("events").start();
    sleeper("life");
    assertEquals("RUNNING", containerd.status("life"));
    assertEquals("out\n", exec("life", "sh", "-c", "echo out; exit 7").expect(7).output());
    // Three at a time: the reader of the first takes nothing for as long as the others run.
    Process unread = execCommand("life", "sh", "-c", "head -c 400000 /dev/zero; exit 3").start();
    String piped = "line\n".repeat(100_000);
    assertEquals(piped, execCommand("life", "cat").input(piped).run().succeeds().output());
    assertTrue(
        exec("life", "nosuch").expect(1).errors().contains("executable file not found in $PATH"));
    try (var output = unread.getInputStream()) {
      assertEquals(400_000, output.readAllBytes().length);
    }
    assertEquals(3, unread.waitFor());
    String metrics = ctr("task", "metrics", "life").succeeds().output();
    assertTrue(metrics.matches("(?s).*memory.usage_in_bytes +[1-9]\\d{5,}.*"), metrics);
    ctr("task", "pause", "life").succeeds();
    assertEquals("PAUSED", containerd.status("life"));
    ctr("task", "resume", "life").succeeds();
    StringBuilder events = new StringBuilder();
    try (BufferedReader lines = listener.inputReader()) {
      while (events.indexOf("/tasks/resumed") < 0) {
        events.append(lines.readLine()).append('\n');
      }
    }
    listener.destroy();
    assertTrue(
        events
            .toString()
            .matches(
                "(?s).*/tasks/create .*/tasks/start .*/tasks/exec-added .*/tasks/exec-started .*"
                    + "/tasks/exit [^\n]*\"exit_status\":7.*/tasks/paused .*/tasks/resumed .*"),
        events.toString());

    containerd.restart();
    assertEquals("RUNNING", containerd.status("life"));
    assertEquals("again\n", exec("life", "echo", "again").succeeds().output());
    ctr("task", "kill", "-s", "TERM", "life").succeeds();
    containerd.awaitStatus("life", "STOPPED");
    delete("life", 5);
    assertEquals("", containerd.status("life"));
  }

  @Test
  void hasATerminalOfTheClientsSize() {
    String run =
        "stty rows 33 cols 77; "
            + String.join(
                " ",
                containerd
                    .run(List.of("-t", "--rm"), "term", "sh", "-c", "'stty -a; read it; exit $it'")
                    .words());
    Command.Result result =
        Command.of("script", "-qec", run, "/dev/null").input("6\n").run().expect(6);
    assertTrue(result.output().contains("speed 38400 baud; rows 33; columns 77"), result.output());
  }

  @Test
  void outputGoesToFilesAndLoggingPrograms() throws IOException {
    Path directory = Files.createTempDirectory("bulkhead-log");
    Path file = directory.resolve("below/file.log");
    containerd
        .run(List.of("-d", "--log-uri", "file://" + file), "file", "sh", "-c", "echo a; echo b >&2")
        .run()
        .succeeds();
    containerd.awaitStatus("file", "STOPPED");
    delete("file", 0);
    assertEquals("a\nb\n", sorted(Files.readString(file)));

    Path program = directory.resolve("logger");
    Path log = directory.resolve("program.log");
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo "$CONTAINER_NAMESPACE $CONTAINER_ID $*" >%s
        exec 5>&-
        cat <&3 >>%1$s; cat <&4 >>%1$s; echo end >>%1$s
        """
            .formatted(log));
    Command.of("chmod", "755", program.toString()).run().succeeds();
    String uri = "binary://" + program + "?to=a%20b";
    containerd
        .run(List.of("-d", "--log-uri", uri), "binary", "sh", "-c", "echo out; echo err >&2")
        .run()
        .succeeds();
    containerd.awaitStatus("binary", "STOPPED");
    delete("binary", 0);
    Containerd.await("the program's end", () -> read(log).endsWith("end\n"));
    assertEquals("default binary to a b\nout\nerr\nend\n", read(log));
    Command.Result none =
        containerd
            .run(List.of("-d", "--log-uri", "binary:///nosuch"), "none", "true")
            .run()
            .expect(1);
    assertTrue(
        none.errors().contains("the logging program '/nosuch' cannot be started"), none.errors());
    Command.of("rm", "-rf", directory.toString()).run().succeeds();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sorted(String lines) {
    return lines.lines().sorted().collect(Collectors.joining("\n", "", "\n"));
  }

  @Test
  void aKilledShimLeavesNothing() {
    sleeper("orphan");
    kill("bulkhead-shim");
    Containerd.await("the end of the task", () -> containerd.status("orphan").isEmpty());
    Containerd.await(
        "the end of the machine", () -> Containerd.processes("qemu-system-x86").isEmpty());
    Containerd.await(
        "the end of the container process",
        () -> Containerd.processes("container-proce").isEmpty());
    ctr("container", "delete", "orphan").succeeds();
    Containerd.await("nothing in the run directory", () -> containerd.left().isEmpty());
  }

  private static void kill(String name) {
    List<Long> found = Containerd.processes(name);
    assertEquals(1, found.size(), name);
    ProcessHandle.of(found.getFirst()).orElseThrow().destroyForcibly();
  }

  @Test
  void aKilledMachineEndsItsContainerAtOnce() throws IOException {
    sleeper("lost");
    kill("qemu-system-x86");
    containerd.awaitStatus("lost", "STOPPED");
    delete("lost", 137);
    assertTrue(containerd.logged().contains("QEMU"), "a sentence in containerd's log");
  }

  @Test
  void aGuestThatHangsIsAnsweredForAndCanBeKilled() throws Exception {
    sleeper("hung");
    long machine = Containerd.processes("qemu-system-x86").getFirst();
    Command.of("kill", "-STOP", Long.toString(machine)).run().succeeds();
    assertEquals("RUNNING", containerd.status("hung"));
    ctr("task", "kill", "-s", "KILL", "hung").succeeds();
    containerd.awaitStatus("hung", "STOPPED");
    delete("hung", 137);
  }

  @Test
  void aPodIsOneMachineForItsContainers() throws IOException {
    String sandbox = "io.kubernetes.cri.sandbox-id=pod";
    String type = "io.kubernetes.cri.container-type=";
    makeNetwork();
    containerd
        .run(
            List.of(
                "-d",
                "--annotation",
                sandbox,
                "--annotation",
                type + "sandbox",
                "--with-ns",
                "network:/run/netns/pod"),
            "pod")
        .run()
        .succeeds();
    String pid =
        ctr("task", "ls").succeeds().output().lines().toList().getLast().split("\\s+", -1)[1];
    for (String member : List.of("one", "two")) {
      sleeper(
          member,
          "--annotation",
          sandbox,
          "--annotation",
          type + "container",
          "--with-ns",
          "ipc:/proc/" + pid + "/ns/ipc",
          "--with-ns",
          "uts:/proc/" + pid + "/ns/uts",
          "--with-ns",
          "network:/proc/" + pid + "/ns/net",
          "--mount",
          "type=bind,src=/dev/shm,dst=/dev/shm,options=rbind:rw");
    }
    assertEquals(1, Containerd.processes("bulkhead-shim").size());
    assertEquals(1, Containerd.processes("qemu-system-x86").size());
    String shared = "for kind in ipc uts net; do readlink /proc/self/ns/$kind; done";
    assertEquals(
        exec("one", "sh", "-c", shared).succeeds().output(),
        exec("two", "sh", "-c", shared).succeeds().output());
    assertNotEquals(
        exec("one", "readlink", "/proc/self/ns/mnt").succeeds().output(),
        exec("two", "readlink", "/proc/self/ns/mnt").succeeds().output());

    Process server = execCommand("one", "sh", "-c", "echo listens; nc -l -p 7000").start();
    try (BufferedReader lines = server.inputReader()) {
      assertEquals("listens", lines.readLine());
      String send = "until echo hello | nc 127.0.0.1 7000; do sleep 0.1; done";
      exec("two", "sh", "-c", send).succeeds();
      assertEquals("hello", lines.readLine());
    }

    exec("one", "ping", "-c", "1", "-W", "10", "10.77.0.1").succeeds();
    // Shared memory is the guest's, not a directory of the host's.
    exec("one", "sh", "-c", "echo shared > /dev/shm/ctr-test").succeeds();
    assertEquals("shared\n", exec("two", "cat", "/dev/shm/ctr-test").succeeds().output());
    assertFalse(Files.exists(Path.of("/dev/shm/ctr-test")));

    ctr("task", "kill", "-s", "TERM", "one").succeeds();
    containerd.awaitStatus("one", "STOPPED");
    delete("one", 5);
    assertEquals("RUNNING", containerd.status("two"));
    assertEquals("there\n", exec("two", "echo", "there").succeeds().output());
    sleeper("one", "--annotation", sandbox, "--annotation", type + "container");
    assertEquals("back\n", exec("one", "echo", "back").succeeds().output());

    kill("qemu-system-x86");
    for (String each : List.of("one", "two", "pod")) {
      containerd.awaitStatus(each, "STOPPED");
      delete(each, 137);
    }
    Containerd.await("the shim's end", () -> Containerd.processes("bulkhead-shim").isEmpty());
    containerd.inside("ip", "netns", "del", "pod").run().succeeds();
  }

  /** As CNI plugins do it for a pod. */
  private static void makeNetwork() {
    String script =
        """
        ip netns add pod
        ip link add pod0 type veth peer name eth0 netns pod
        ip addr add 10.77.0.1/24 dev pod0
        ip link set pod0 up
        ip -n pod addr add 10.77.0.2/24 dev eth0
        ip -n pod link set eth0 up
        """;
    containerd.inside("sh", "-ec", script).run().succeeds();
  }

  @Test
  void refusesWhatCannotBeInASentence() {
    Command.Result noPod =
        containerd
            .run(
                List.of(
                    "--rm",
                    "--annotation",
                    "io.kubernetes.cri.container-type=container",
                    "--annotation",
                    "io.kubernetes.cri.sandbox-id=nowhere"),
                "alone",
                "true")
            .run()
            .expect(1);
    assertTrue(
        noPod.errors().contains("the sandbox 'nowhere' of container 'alone' does not run"),
        noPod.errors());
    Command.Result noFile =
        containerd
            .run(List.of("--rm", "--runtime-config-path", "/nosuch.toml"), "conf", "true")
            .run()
            .expect(1);
    assertTrue(noFile.errors().contains("/nosuch.toml"), noFile.errors());
  }
}
