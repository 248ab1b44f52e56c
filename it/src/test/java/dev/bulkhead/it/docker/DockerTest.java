package dev.bulkhead.it.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.LoopDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users of Docker do with containers, done with Bulkhead. */
final class DockerTest {
  private static final String IMAGE = DockerDaemon.IMAGE;
  private static final String SLEEPER =
      "trap 'exit 5' TERM; echo up; while true; do sleep 0.1; done";

  private static DockerDaemon daemon;

  @TempDir Path scratch;

  @BeforeAll
  static void start() {
    daemon = DockerDaemon.start();
  }

  @AfterAll
  static void stop() {
    daemon.close();
  }

  /** What a container leaves goes with it: its directory, its cgroups, all that was in them. */
  @AfterEach
  void removeAll() throws IOException {
    String all = docker("ps", "-aq").output();
    if (!all.isBlank()) {
      List<String> words = new ArrayList<>(List.of("rm", "-f"));
      words.addAll(all.lines().toList());
      docker(words.toArray(String[]::new));
    }
    // No container's name begins with a dot.
    assertEquals(
        List.of(),
        directories(daemon.stateRoot()).stream()
            .filter(path -> !path.getFileName().toString().startsWith("."))
            .toList());
    for (Path hierarchy : directories(Path.of("/sys/fs/cgroup"))) {
      assertEquals(List.of(), directories(hierarchy.resolve(daemon.cgroupParent())));
    }
    assertEquals(
        List.of(),
        ProcessHandle.allProcesses()
            .filter(p -> cgroup(p.pid()).contains("/" + daemon.cgroupParent()))
            .toList());
  }

  private static List<Path> directories(Path parent) throws IOException {
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(parent)) {
      return entries.filter(Files::isDirectory).toList();
    }
  }

  private static Command.Result docker(String... arguments) {
    return daemon.docker(arguments).run().succeeds();
  }

  private static Command.Result run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("--rm"));
    words.addAll(List.of(arguments));
    return daemon.run(words.toArray(String[]::new)).run();
  }

  /** Starts a container in the background and waits until it says "up". */
  private static void sleeper(String name, String... options) {
    List<String> words = new ArrayList<>(List.of("-d", "--name", name));
    words.addAll(List.of(options));
    words.addAll(List.of(IMAGE, "sh", "-c", SLEEPER));
    daemon.run(words.toArray(String[]::new)).run().succeeds();
    daemon.awaitLog(name, "up");
  }

  @Test
  void blockDevicesAreDisksWithTheirRights() {
    try (LoopDevice loop = LoopDevice.make(scratch, "disk", 8)) {
      String script =
          "echo docker | dd of=/dev/xvda bs=512 seek=2 conv=notrunc,fsync 2>/dev/null"
              + " && echo written || echo refused; blockdev --getsize64 /dev/xvda";
      assertEquals(
          "written\n8388608\n",
          run("--device", loop.path() + ":/dev/xvda", IMAGE, "sh", "-c", script)
              .succeeds()
              .output());
      assertEquals("docker", loop.read(2, 6));
      assertEquals(
          "refused\n8388608\n",
          run("--device", loop.path() + ":/dev/xvda:r", IMAGE, "sh", "-c", script)
              .succeeds()
              .output());
    }
  }

  @Test
  void characterDevicesOfTheHostAreRefused() {
    Command.Result refused = run("--device", "/dev/kvm", IMAGE, "true");
    assertNotEquals(0, refused.code());
    assertTrue(
        refused.errors().contains("'/dev/kvm' is a character device of the host"),
        refused.errors());
    // The guest has these itself.
    assertEquals(
        "c\n",
        run("--device", "/dev/full:/dev/own", IMAGE, "sh", "-c", "ls -l /dev/own | cut -c1")
            .succeeds()
            .output());
    // All of the host's are more than one can ask for.
    run("--privileged", IMAGE, "true").succeeds();
  }

  @Test
  void runsUnderAnotherKernel() {
    String guest = run(IMAGE, "uname", "-r").succeeds().output();
    assertNotEquals(Command.of("uname", "-r").run().output(), guest);
    assertTrue(guest.matches("\\d+\\.\\d+.*\n"), guest);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 42, 255})
  void passesTheExitCodeOn(int code) {
    run(IMAGE, "sh", "-c", "exit " + code).expect(code);
  }

  @Test
  void tellsWhyACommandCannotRun() {
    var missing = run(IMAGE, "nosuch").expect(127);
    assertTrue(missing.errors().contains("executable file not found in $PATH"), missing.errors());
    var directory = run(IMAGE, "/etc").expect(126);
    assertTrue(directory.errors().contains("permission denied"), directory.errors());
  }

  @Test
  void keepsTheStreamsApart() {
    var result = run(IMAGE, "sh", "-c", "echo out; echo err >&2").succeeds();
    assertEquals("out\n", result.output());
    assertEquals("err\n", result.errors());
  }

  @Test
  void passesStandardInputToItsEnd() {
    var result =
        daemon
            .run("--rm", "-i", IMAGE, "sh", "-c", "cat; echo end")
            .input("one\ntwo\n")
            .run()
            .succeeds();
    assertEquals("one\ntwo\nend\n", result.output());
  }

  @Test
  void losesNoByteOfOutput() {
    byte[] output = run(IMAGE, "sh", "-c", "head -c 5000000 /dev/zero").succeeds().outputBytes();
    assertEquals(5_000_000, output.length);
  }

  @Test
  void givesATerminal() {
    String words = String.join(" ", daemon.docker().words());
    var result =
        Command.of(
                "script",
                "-qec",
                "stty rows 40 cols 111; "
                    + words
                    + " run --rm --runtime bulkhead -it "
                    + IMAGE
                    + " sh -c 'tty; sleep 0.5; stty size; exit 3'",
                "/dev/null")
            .run()
            .expect(3);
    assertTrue(result.output().contains("/dev/pts/0"), result.output());
    assertTrue(result.output().contains("40 111"), result.output());
  }

  @Test
  void addsProcesses() {
    sleeper("exec");
    var result =
        daemon
            .docker(
                "exec",
                "-i",
                "-u",
                "7:8",
                "-w",
                "/tmp",
                "-e",
                "A=b",
                "exec",
                "sh",
                "-c",
                "cat; id -u; id -g; pwd; echo $A; echo err >&2; exit 9")
            .input("in\n")
            .run()
            .expect(9);
    assertEquals("in\n7\n8\n/tmp\nb\n", result.output());
    assertEquals("err\n", result.errors());
    daemon.docker("exec", "exec", "nosuch").run().expect(126);
    String words = String.join(" ", daemon.docker().words());
    var terminal =
        Command.of("script", "-qec", words + " exec -it exec sh -c 'tty; exit 4'", "/dev/null")
            .run()
            .expect(4);
    assertTrue(terminal.output().contains("/dev/pts/"), terminal.output());
  }

  @Test
  void sendsSignalsAndStops() {
    sleeper("stop");
    docker("stop", "-t", "20", "stop");
    assertEquals("exited 5", daemon.inspect("stop", "{{.State.Status}} {{.State.ExitCode}}"));
    docker("start", "stop");
    daemon.awaitField("stop", "{{.State.Status}}", "running");
    docker("kill", "stop");
    assertEquals("137\n", docker("wait", "stop").output());
    docker("restart", "-t", "0", "stop");
    assertEquals("running", daemon.inspect("stop", "{{.State.Status}}"));
  }

  @Test
  void pauses() {
    sleeper("pause");
    docker("pause", "pause");
    assertEquals("paused", daemon.inspect("pause", "{{.State.Status}}"));
    docker("unpause", "pause");
    assertEquals("alive\n", docker("exec", "pause", "echo", "alive").output());
  }

  @Test
  void limitsAndChangesLimits() {
    sleeper("limits", "-m", "64m", "--cpus", "2", "--pids-limit", "50");
    String read = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; nproc";
    assertEquals((64 << 20) + "\n50\n2\n", docker("exec", "limits", "sh", "-c", read).output());
    docker("update", "-m", "48m", "--memory-swap", "48m", "--pids-limit", "40", "limits");
    assertEquals((48 << 20) + "\n40\n2\n", docker("exec", "limits", "sh", "-c", read).output());
    var tooMuch =
        daemon.docker("update", "-m", "8g", "--memory-swap", "8g", "limits").run().expect(1);
    assertTrue(tooMuch.errors().contains("create the container again"), tooMuch.errors());
  }

  @Test
  void tellsThatAContainerOutgrewItsMemory() {
    String outgrow = "tail /dev/zero";
    daemon
        .run("--name", "oom", "-m", "32m", IMAGE, "sh", "-c", "exec " + outgrow)
        .run()
        .expect(137);
    assertEquals("true 137", daemon.inspect("oom", "{{.State.OOMKilled}} {{.State.ExitCode}}"));
    // What the kernel killed is a process of the container, and not the container. Nobody else in
    // it asks for memory meanwhile: the kernel may kill that one too, when the first no longer
    // counts as a victim and has not given its memory back yet.
    daemon.run("-d", "--name", "part", "-m", "32m", IMAGE, "sleep", "1000").run().succeeds();
    daemon.docker("exec", "part", "tail", "/dev/zero").run().expect(137);
    assertEquals("running", daemon.inspect("part", "{{.State.Status}}"));
    assertEquals("alive\n", docker("exec", "part", "echo", "alive").output());
    sleeper("killed");
    docker("kill", "killed");
    assertEquals("false 137", daemon.inspect("killed", "{{.State.OOMKilled}} {{.State.ExitCode}}"));
  }

  @Test
  void tellsWhatRuns() {
    sleeper("top");
    String top = docker("top", "top").output();
    assertTrue(top.contains("container-process sh -c"), top);
    String stats = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", "top").output();
    assertTrue(stats.matches("\\d+(\\.\\d+)?MiB / .*\n"), stats);
  }

  @Test
  void copiesFilesBothWays() throws Exception {
    sleeper("cp");
    Path given = Files.writeString(scratch.resolve("given"), "given");
    docker("cp", given.toString(), "cp:/tmp/given");
    assertEquals("given", docker("exec", "cp", "cat", "/tmp/given").output());
    docker("exec", "cp", "sh", "-c", "echo made > /tmp/made");
    docker("cp", "cp:/tmp/made", scratch.toString());
    assertEquals("made\n", Files.readString(scratch.resolve("made")));
  }

  @Test
  void sharesVolumesAsAsked() throws Exception {
    Path writable = Files.createDirectory(scratch.resolve("w"));
    Path file = Files.writeString(scratch.resolve("file"), "file");
    var result =
        run(
                "-v",
                writable + ":/w",
                "-v",
                file + ":/etc/file:ro",
                IMAGE,
                "sh",
                "-c",
                "cat /etc/file; echo made > /w/made; echo y > /etc/file")
            .expect(1);
    assertEquals("file", result.output());
    assertEquals("made\n", Files.readString(writable.resolve("made")));
    assertEquals("file", Files.readString(file));
  }

  @Test
  void takesTheOptionsOfAProcess() {
    var result =
        run(
                "-u",
                "1000:1001",
                "-w",
                "/made",
                "-e",
                "A=b c",
                "--hostname",
                "vessel",
                "--ulimit",
                "nofile=99:99",
                "--cap-drop",
                "ALL",
                "--cap-add",
                "CHOWN",
                IMAGE,
                "sh",
                "-c",
                "id -u; id -g; pwd; echo $A; hostname; ulimit -n; grep CapBnd /proc/self/status")
            .succeeds();
    assertEquals(
        "1000\n1001\n/made\nb c\nvessel\n99\nCapBnd:\t0000000000000001\n", result.output());
  }

  @Test
  void takesTheOptionsOfAContainer() {
    var readOnly =
        run("--read-only", "--tmpfs", "/t", IMAGE, "sh", "-c", "touch /t/x && touch /x").expect(1);
    assertTrue(readOnly.errors().contains("Read-only file system"), readOnly.errors());
    assertEquals(
        "1 /sbin/docker-init\n",
        run("--init", IMAGE, "sh", "-c", "echo 1 $(tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1)")
            .succeeds()
            .output());
    run("--privileged", IMAGE, "sh", "-c", "mkdir -p /mnt; mount -t tmpfs none /mnt").succeeds();
    run(IMAGE, "sh", "-c", "mkdir -p /mnt; mount -t tmpfs none /mnt").expect(1);
    String confined = "grep Seccomp: /proc/self/status";
    assertEquals("Seccomp:\t2\n", run(IMAGE, "sh", "-c", confined).succeeds().output());
    assertEquals(
        "Seccomp:\t0\n",
        run("--security-opt", "seccomp=unconfined", IMAGE, "sh", "-c", confined)
            .succeeds()
            .output());
    assertEquals(
        "lo\n", run("--network", "none", IMAGE, "ls", "/sys/class/net").succeeds().output());
  }

  @Test
  void restartsOnFailure() {
    daemon
        .run("-d", "--name", "again", "--restart", "on-failure:2", IMAGE, "sh", "-c", "exit 6")
        .run()
        .succeeds();
    daemon.awaitField("again", "{{.RestartCount}} {{.State.Status}}", "2 exited");
    assertEquals("6", daemon.inspect("again", "{{.State.ExitCode}}"));
  }

  @Test
  void dockersHookBringsTheInterface() {
    sleeper("net");
    String pid = daemon.inspect("net", "{{.State.Pid}}");
    String address = daemon.inspect("net", "{{.NetworkSettings.IPAddress}}");
    String interfaces =
        Command.of("nsenter", "-t", pid, "-n", "ip", "-o", "-4", "addr", "show", "eth0")
            .run()
            .succeeds()
            .output();
    assertFalse(address.isEmpty());
    assertTrue(interfaces.contains(address + "/"), interfaces);
  }

  @Test
  void survivesARestartOfTheDaemon() throws Exception {
    sleeper("survivor");
    String pid = daemon.inspect("survivor", "{{.State.Pid}}");
    daemon.restartDockerd();
    assertEquals(pid, daemon.inspect("survivor", "{{.State.Pid}}"));
    assertEquals("alive\n", docker("exec", "survivor", "echo", "alive").output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bulkhead-monito", "qemu-system-x86", "container-proce"})
  void aKilledPartEndsTheContainer(String program) {
    sleeper("victim");
    String pid = daemon.inspect("victim", "{{.State.Pid}}");
    long killed =
        ProcessHandle.allProcesses()
            .filter(process -> belongsTo(process, program, pid))
            .filter(ProcessHandle::destroyForcibly)
            .count();
    assertEquals(1, killed);
    daemon.awaitField("victim", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
  }

  @Test
  void aKilledShimEndsTheContainer() {
    sleeper("orphan");
    long pid = Long.parseLong(daemon.inspect("orphan", "{{.State.Pid}}"));
    ProcessHandle shim = ProcessHandle.of(pid).flatMap(ProcessHandle::parent).orElseThrow();
    assertEquals("containerd-shim", read(shim.pid(), "comm").trim());
    assertTrue(shim.destroyForcibly());
    daemon.awaitField("orphan", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
  }

  @Test
  void theProcessesOfContainerAndExecAreSmall() {
    sleeper("small");
    docker("exec", "-d", "small", "sleep", "100");
    String pid = daemon.inspect("small", "{{.State.Pid}}");
    List<Integer> sizes =
        ProcessHandle.allProcesses()
            .filter(process -> belongsTo(process, "container-proce", pid))
            .map(process -> residentKib(process.pid()))
            .toList();
    assertEquals(2, sizes.size());
    assertTrue(sizes.stream().allMatch(kib -> kib > 0 && kib <= 1024), sizes.toString());
  }

  private static int residentKib(long pid) {
    return read(pid, "status")
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> Integer.parseInt(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  /** By the cgroup, which all parts of a container share. */
  private static boolean belongsTo(ProcessHandle process, String program, String pid) {
    return program.equals(read(process.pid(), "comm").trim())
        && cgroup(process.pid()).equals(cgroup(Long.parseLong(pid)));
  }

  private static String cgroup(long pid) {
    return read(pid, "cgroup");
  }

  /** A file below /proc, "" if the process is gone. */
  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/" + file));
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void twentyAtOnce() {
    List<Process> runs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      runs.add(
          daemon.run("--rm", IMAGE, "sh", "-c", "exit " + (i + 1)).timeoutSeconds(600).start());
    }
    for (int i = 0; i < runs.size(); i++) {
      assertEquals(i + 1, runs.get(i).onExit().join().exitValue());
    }
  }
}
