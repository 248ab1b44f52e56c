package dev.bulkhead.it.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonParser;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machines that begin as clones of a saved one. */
@ExtendWith(LeavesNothing.class)
final class TemplateTest {
  private static final String BOOTED = "the machine boots, which takes longer";

  @TempDir Path scratch;
  private final List<Path> mounted = new ArrayList<>();
  private String factory = "";

  @AfterEach
  void unmount() {
    mounted.forEach(path -> Command.of("umount", path.toString()).run().succeeds());
  }

  private Path store() {
    return scratch.resolve("templates");
  }

  private Command bulkhead(String settings, String... words) throws IOException {
    Path file =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            settings + "\n[factory]\ntemplate_path = \"" + store() + "\"\n" + factory);
    List<String> all = new ArrayList<>(List.of("--config", file.toString()));
    all.addAll(List.of(words));
    return Dist.bulkhead(all.toArray(String[]::new));
  }

  private Command run(String settings, String script) throws IOException {
    return bulkhead(settings, "run", Dist.busybox().toString(), "sh", "-c", script);
  }

  private JsonArray status() throws Exception {
    return JsonParser.array()
        .from(bulkhead("", "template", "status", "--json").run().succeeds().output());
  }

  /** What is in the store. */
  private List<String> entries() throws IOException {
    try (Stream<Path> entries = Files.list(store())) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }

  /** The templates of the store. */
  private List<String> kept() throws IOException {
    return entries().stream().filter(name -> !name.endsWith(".lock")).toList();
  }

  /** How machines are saved: with the hypervisor's process, or without. */
  private enum Kind {
    PROCESS("process", ""),
    STATE("state", "template_process = false\n");

    private final String file;
    private final String settings;

    Kind(String file, String settings) {
      this.file = file;
      this.settings = settings;
    }
  }

  @ParameterizedTest
  @EnumSource
  void clonesAreMachinesOfTheirOwn(Kind kind) throws Exception {
    factory = kind.settings;
    String script =
        "head -c 16 /dev/urandom | xxd -p; cat /proc/sys/kernel/random/boot_id"
            + " /proc/sys/kernel/random/uuid; hostname; date +%s";
    List<List<String>> machines = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long before = Instant.now().getEpochSecond();
      var result = run("", script).run().succeeds();
      assertFalse(result.errors().contains(BOOTED), result.errors());
      List<String> lines = result.output().lines().toList();
      assertEquals(5, lines.size(), result.output());
      long time = Long.parseLong(lines.get(4));
      assertTrue(before <= time && time <= Instant.now().getEpochSecond(), lines.get(4));
      machines.add(lines.subList(0, 4));
    }
    for (int i = 0; i < 4; i++) {
      assertNotEquals(machines.get(0).get(i), machines.get(1).get(i));
      assertNotEquals(machines.get(1).get(i), machines.get(2).get(i));
      assertNotEquals(machines.get(2).get(i), machines.get(0).get(i));
    }
    JsonArray templates = status();
    assertEquals(1, templates.size());
    assertEquals(512, templates.getObject(0).getInt("memoryMib"));
    assertEquals(kept(), List.of(templates.getObject(0).getString("name")));
    assertTrue(Files.exists(store().resolve(kept().getFirst()).resolve(kind.file)));
  }

  @Test
  void whatAnotherUserCouldHaveWrittenIsNotUsed() throws Exception {
    run("", "true").run().succeeds();
    List<String> made = kept();
    for (String[] change :
        List.of(new String[] {"chmod", "0770"}, new String[] {"chown", "1234"})) {
      Command.of(change[0], change[1], store().toString()).run().succeeds();
      var result = run("", "echo booted").run().succeeds();
      assertEquals("booted\n", result.output());
      assertTrue(result.errors().contains(BOOTED), result.errors());
      assertTrue(result.errors().contains("no directory of this user alone"), result.errors());
      Command.of("chmod", "0700", store().toString()).run().succeeds();
    }
    Command.of("chown", "0", store().toString()).run().succeeds();
    assertFalse(run("", "true").run().succeeds().errors().contains(BOOTED));
    assertEquals(made, kept());
  }

  private boolean isBeingMade() throws IOException {
    return Files.exists(store()) && entries().stream().anyMatch(name -> name.endsWith(".new"));
  }

  @Test
  void aKilledMakerLeavesNothingForGood() throws Exception {
    Process maker = run("", "true").start();
    while (maker.isAlive() && !isBeingMade()) {
      Thread.onSpinWait();
    }
    maker.destroyForcibly().waitFor();
    assertTrue(isBeingMade(), "it was too late");
    bulkhead("", "template", "remove").run().succeeds();
    assertEquals(List.of(), entries());
    // The next one removes what the command itself has left.
    run("", "true").run().succeeds();
  }

  @Test
  void eachWayToBeginHasTemplatesOfItsOwn() throws Exception {
    run("", "true").run().succeeds();
    List<String> first = kept();
    factory = Kind.STATE.settings;
    run("", "true").run().succeeds();
    List<String> both = new ArrayList<>(kept());
    assertEquals(2, both.size(), "a clone of what was not asked for");
    assertTrue(both.removeAll(first));
    assertTrue(Files.exists(store().resolve(both.getFirst()).resolve(Kind.STATE.file)));
    // The saved guest has mounted its share already.
    factory = "";
    assertEquals(
        "1\n",
        run("[hypervisor.qemu]\ncache_9p = \"loose\"\n", "grep -c ' / 9p .*loose' /proc/mounts")
            .run()
            .succeeds()
            .output());
    assertEquals(3, kept().size());
  }

  @Test
  void aTemplateIsMadeOnceAndRemoved() throws Exception {
    List<Process> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      runs.add(run("", "echo up").start());
    }
    for (Process run : runs) {
      assertEquals("up", run.inputReader().readLine());
      assertEquals(0, run.waitFor());
      String errors = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertFalse(errors.contains(BOOTED), errors);
    }
    assertEquals(1, kept().size());
    assertTrue(bulkhead("", "template", "status").run().succeeds().output().contains("512 MiB"));
    bulkhead("", "template", "remove").run().succeeds();
    assertEquals(List.of(), entries());
    assertEquals("no templates\n", bulkhead("", "template", "status").run().succeeds().output());
    bulkhead("", "template", "create").run().succeeds();
    // That of the command run, and that of engines.
    assertEquals(2, status().size());
    var result = run("", "echo cloned").run().succeeds();
    assertEquals("cloned\n", result.output());
    assertEquals(2, kept().size());
  }

  @Test
  void aHypervisorThatGoesOnIsAsConfinedAsOneThatBoots() throws Exception {
    run("", "true").run().succeeds();
    Confined restored = confined("");
    Confined booted = confined("template = false\n");
    assertEquals(booted, restored);
    assertEquals("2", restored.status().get("Seccomp"));
    assertEquals("1", restored.status().get("NoNewPrivs"));
  }

  /**
   * What a hypervisor may do.
   *
   * @param status lines of /proc/PID/status
   * @param root what is in its root directory
   * @param shared the namespaces that are those of this process
   */
  private record Confined(
      Map<String, String> status,
      List<String> root,
      List<String> shared,
      String limits,
      String program) {}

  private Confined confined(String settings) throws Exception {
    factory = settings;
    Process container =
        bulkhead("", "run", "-i", "--name", "confined", Dist.busybox().toString(), "sh").start();
    try (OutputStream input = container.getOutputStream()) {
      input.write("echo up\n".getBytes(StandardCharsets.UTF_8));
      input.flush();
      assertEquals("up", container.inputReader().readLine());
      long pid =
          container
              .descendants()
              .filter(process -> process.info().command().orElse("").contains("qemu-system"))
              .findFirst()
              .orElseThrow()
              .pid();
      return confined(Path.of("/proc/" + pid));
    } finally {
      assertEquals(0, container.waitFor());
    }
  }

  private static Confined confined(Path process) throws IOException {
    Map<String, String> status = new TreeMap<>();
    for (String line : Files.readAllLines(process.resolve("status"))) {
      String[] parts = line.split(":\\s*", 2);
      if (parts[0].startsWith("Cap")
          || parts[0].startsWith("Seccomp")
          || Set.of("Name", "NoNewPrivs", "Uid", "Gid", "Groups", "NSpid").contains(parts[0])) {
        status.put(
            parts[0], parts[0].equals("NSpid") ? parts[1].replaceAll("^\\d+", "") : parts[1]);
      }
    }
    List<String> shared = new ArrayList<>();
    for (String name : List.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")) {
      Path own = Files.readSymbolicLink(Path.of("/proc/self/ns").resolve(name));
      if (own.equals(Files.readSymbolicLink(process.resolve("ns").resolve(name)))) {
        shared.add(name);
      }
    }
    try (Stream<Path> root = Files.list(process.resolve("root"))) {
      return new Confined(
          status,
          root.map(path -> path.getFileName().toString()).sorted().toList(),
          shared,
          Files.readString(process.resolve("limits")),
          Files.readSymbolicLink(process.resolve("exe")).toString());
    }
  }

  @Test
  void aCloneHasTheProcessorsAndInterfacesThatItsKindHas() throws Exception {
    for (int i = 0; i < 2; i++) {
      var result =
          bulkhead("", "run", "--cpus", "2", Dist.busybox().toString(), "nproc").run().succeeds();
      assertEquals("2\n", result.output());
      assertFalse(result.errors().contains(BOOTED), result.errors());
      assertFalse(result.errors().contains("clones of one that"), result.errors());
    }
    assertTrue(Files.exists(store().resolve(kept().getFirst()).resolve("process")));
  }

  @Test
  void anotherKernelOrSizeIsAnotherTemplate() throws Exception {
    Path kernel = scratch.resolve("vmlinux");
    Files.copy(Dist.SHARE.resolve("vmlinux"), kernel);
    String settings = "[hypervisor.qemu]\nkernel = \"" + kernel + "\"\n";
    run(settings, "true").run().succeeds();
    assertEquals(1, kept().size());
    Path newer = scratch.resolve("newer");
    Files.copy(Dist.SHARE.resolve("vmlinux"), newer);
    Files.move(newer, kernel, StandardCopyOption.REPLACE_EXISTING);
    run(settings, "true").run().succeeds();
    assertEquals(2, kept().size());
    // The one that was not used for longest gives way.
    String oldest = status().getObject(0).getString("name");
    Path limited =
        Files.writeString(
            scratch.resolve("limited.toml"),
            "[hypervisor.qemu]\ndefault_memory = 256\n[factory]\ntemplate_limit = 800\n"
                + "template_path = \""
                + store()
                + "\"\n");
    Dist.bulkhead("--config", limited.toString(), "run", Dist.busybox().toString(), "true")
        .run()
        .succeeds();
    assertEquals(2, kept().size());
    assertFalse(kept().contains(oldest));
    assertEquals(256, status().getObject(1).getInt("memoryMib"));
  }

  @ParameterizedTest
  @EnumSource
  void withoutATemplateTheMachineBoots(Kind kind) throws Exception {
    factory = kind.settings;
    // What was saved is spoilt.
    run("", "true").run().succeeds();
    Path state = store().resolve(kept().getFirst()).resolve(kind.file);
    byte[] whole = Files.readAllBytes(state);
    Files.write(state, new byte[whole.length]);
    var spoilt = run("", "echo booted").run().succeeds();
    assertEquals("booted\n", spoilt.output());
    assertEquals(1, spoilt.errors().lines().filter(line -> line.contains(BOOTED)).count());
    // The next one makes it anew.
    assertFalse(run("", "true").run().succeeds().errors().contains(BOOTED));
    // What a crash left.
    String name = kept().getFirst();
    Files.move(store().resolve(name), store().resolve(name + ".new"));
    assertFalse(run("", "true").run().succeeds().errors().contains(BOOTED));
    assertEquals(List.of(name), kept());
    bulkhead("", "template", "remove").run().succeeds();
    // No room.
    Command.of("mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", store().toString())
        .run()
        .succeeds();
    mounted.add(store());
    var full = run("", "echo booted").run().succeeds();
    assertEquals("booted\n", full.output());
    assertEquals(1, full.errors().lines().filter(line -> line.contains(BOOTED)).count());
    assertFalse(full.errors().contains("machines begin as clones"), full.errors());
    assertEquals(List.of(), kept());
    var off =
        Dist.bulkhead(
                "--config",
                Files.writeString(scratch.resolve("off.toml"), "[factory]\ntemplate = false\n")
                    .toString(),
                "template",
                "create")
            .run()
            .expect(125);
    assertTrue(off.errors().contains("templates are switched off"), off.errors());
  }
}
