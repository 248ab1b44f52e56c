package dev.bulkhead.it.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonParser;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.docker.DockerDaemon;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Machines that wait for a container, and the containers that take them. */
@ExtendWith(LeavesNothing.class)
final class PoolTest {
  @TempDir Path scratch;
  private Path settings;
  private final List<Process> pools = new ArrayList<>();

  @BeforeEach
  void configure() throws IOException {
    settings =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            "[factory]\ntemplate_path = \"%1$s/templates\"\npool_path = \"%1$s/pool\"\n"
                .formatted(scratch));
  }

  @AfterEach
  void endPools() {
    pools.forEach(Command::end);
  }

  private Command bulkhead(String... words) {
    List<String> all = new ArrayList<>(List.of("--config", settings.toString()));
    all.addAll(List.of(words));
    return Dist.bulkhead(all.toArray(String[]::new));
  }

  private Process run(String script) {
    return bulkhead("run", "-i", Dist.busybox().toString(), "sh", "-c", script).start();
  }

  /** Starts a pool and waits until its machines are ready. */
  private Process keep(List<String> words, int size) throws IOException {
    Process pool = Command.of(words).start();
    pools.add(pool);
    String expected = size == 1 ? "1 machine is ready" : size + " machines are ready";
    assertEquals(expected, pool.inputReader().readLine(), () -> errors(pool));
    return pool;
  }

  private Process keep(int size) throws IOException {
    return keep(
        bulkhead("pool", "keep", "--for", "run", "--size", Integer.toString(size)).words(), size);
  }

  private static String errors(Process process) {
    try {
      return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** The sockets of the keepers whose machines wait. */
  private Set<Path> ready() throws IOException {
    try (Stream<Path> files = Files.walk(scratch.resolve("pool"))) {
      return files
          .filter(file -> file.toString().endsWith(".sock"))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static long pid(Path socket) {
    return Long.parseLong(socket.getFileName().toString().replace(".sock", ""));
  }

  private static void kill(long pid) {
    Command.of("kill", "-9", Long.toString(pid)).run().succeeds();
  }

  @Test
  void eachContainerTakesAMachineOfItsOwn() throws Exception {
    Process pool = keep(2);
    JsonArray status =
        JsonParser.array().from(bulkhead("pool", "status", "--json").run().succeeds().output());
    assertEquals(1, status.size());
    assertEquals(2, status.getObject(0).getInt("ready"));
    assertTrue(
        bulkhead("pool", "status").run().succeeds().output().contains("2 ready"),
        "status is no text");
    Set<Path> before = ready();
    String script =
        "head -c 16 /dev/urandom | xxd -p; cat /proc/sys/kernel/random/boot_id;"
            + " hostname; date +%s; ls -A / | tr '\\n' ' '";
    List<List<String>> machines = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      long start = Instant.now().getEpochSecond();
      List<String> lines =
          bulkhead("run", Dist.busybox().toString(), "sh", "-c", script)
              .run()
              .succeeds()
              .output()
              .lines()
              .toList();
      long time = Long.parseLong(lines.get(3));
      assertTrue(start <= time && time <= Instant.now().getEpochSecond(), lines.get(3));
      assertFalse(lines.get(4).contains("bulkhead"), lines.get(4));
      machines.add(lines);
    }
    for (int i = 0; i < 3; i++) {
      assertNotEquals(machines.get(0).get(i), machines.get(1).get(i));
    }
    Set<Path> left = ready();
    left.retainAll(before);
    assertEquals(Set.of(), left, "not taken");
    pool.destroy();
    assertEquals(0, pool.waitFor());
    assertEquals(Set.of(), ready());
    assertEquals(
        "no machines are kept ready\n", bulkhead("pool", "status").run().succeeds().output());
  }

  /** A host whose KVM is not usable says so for a container; the keepers of two machines, once. */
  @Test
  void tellsOnceWhatIsNotAsGoodAsItCouldBe() throws Exception {
    Command.Result container = bulkhead("run", Dist.busybox().toString(), "true").run().succeeds();
    Process pool = keep(2);
    Command.end(pool);
    assertEquals(warnings(container.errors()), warnings(errors(pool)));
  }

  private static List<String> warnings(String errors) {
    return errors.lines().filter(line -> line.contains("KVM is")).toList();
  }

  @Test
  void whatIsNotOfItsKindStaysInThePool() throws Exception {
    keep(1);
    Set<Path> before = ready();
    bulkhead("run", "--memory", "800m", Dist.busybox().toString(), "true").run().succeeds();
    assertEquals(before, ready());
    // Who wants no clones does not get one from here.
    Path booting =
        Files.writeString(
            scratch.resolve("booting.toml"), Files.readString(settings) + "template = false\n");
    Dist.bulkhead("--config", booting.toString(), "run", Dist.busybox().toString(), "true")
        .run()
        .succeeds();
    assertEquals(before, ready());
    // A keeper that was killed is passed over.
    kill(pid(before.iterator().next()));
    assertEquals(
        "started\n",
        bulkhead("run", Dist.busybox().toString(), "echo", "started").run().succeeds().output());
  }

  @Test
  void aContainerOutlivesThePool() throws Exception {
    Process pool = keep(1);
    Path socket = ready().iterator().next();
    Process container = run("echo up; read word; echo $word; exit 7");
    BufferedReader output = container.inputReader();
    assertEquals("up", output.readLine());
    assertFalse(Files.exists(socket));
    pool.destroy();
    assertEquals(0, pool.waitFor());
    try (OutputStream input = container.getOutputStream()) {
      input.write("still\n".getBytes(StandardCharsets.UTF_8));
    }
    assertEquals("still", output.readLine());
    assertEquals(7, container.waitFor());
  }

  @Test
  void nobodyIsLeftWhenOneIsKilled() throws Exception {
    keep(2);
    // Who took the machine: LeavesNothing sees whether keeper and hypervisor go.
    Process first = run("echo up; sleep 1000");
    assertEquals("up", first.inputReader().readLine());
    first.destroyForcibly().waitFor();
    // Who keeps it.
    Path socket = ready().iterator().next();
    Process second = run("echo up; sleep 1000");
    assertEquals("up", second.inputReader().readLine());
    kill(pid(socket));
    assertEquals(125, second.waitFor());
    assertTrue(errors(second).contains("QEMU was ended by SIGKILL"));
    // The pool itself, with a machine that waits.
    Process pool = pools.getLast();
    pool.destroyForcibly().waitFor();
  }

  @Test
  void dockerTakesThemWithTheirNetwork() throws Exception {
    try (DockerDaemon docker = DockerDaemon.start()) {
      Process pool = keep(docker.inside(Dist.BINARY.toString(), "pool", "keep", "--size", "1"), 1);
      String script = "echo from $(hostname) > /index.html; exec httpd -f -p 80 -h /";
      docker
          .run(
              "-d",
              "--name",
              "web",
              "-h",
              "host-a",
              "-p",
              "8081:80",
              DockerDaemon.IMAGE,
              "sh",
              "-c",
              script)
          .run()
          .succeeds();
      Command curl =
          Command.of(
              docker.inside(
                  "curl", "-sS", "--retry", "20", "--retry-all-errors", "http://127.0.0.1:8081/"));
      assertEquals("from host-a\n", curl.run().succeeds().output());
      String id = docker.inspect("web", "{{.Id}}");
      // A machine that waited is its own, and counted to the container.
      List<ProcessHandle> its = hypervisorsOf(id);
      assertEquals(1, its.size());
      assertTrue(text(its.getFirst().pid(), "cmdline").contains("guest=ready-"));
      assertEquals(
          "uid=0(root) gid=0(root) groups=0(root)\n",
          docker.docker("exec", "web", "id").run().output());
      docker.docker("stop", "-t", "1", "web").run().succeeds();
      docker.docker("rm", "web").run().succeeds();
      pool.destroy();
      assertEquals(0, pool.waitFor());
    }
  }

  /** The hypervisors in a container's cgroups. */
  private static List<ProcessHandle> hypervisorsOf(String container) {
    return ProcessHandle.allProcesses()
        .filter(process -> text(process.pid(), "comm").startsWith("qemu-system"))
        .filter(process -> text(process.pid(), "cgroup").contains(container))
        .toList();
  }

  private static String text(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/" + file));
    } catch (IOException e) {
      return "";
    }
  }
}
