package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The life of a container by the OCI specification: what each verb does in each state. */
@ExtendWith(LeavesNothing.class)
final class LifecycleTest {
  private static final String UNTIL_TERM =
      "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done";

  @TempDir Path scratch;

  @Test
  void eachVerbFitsItsState() throws Exception {
    try (OciContainer life = OciContainer.of(scratch, "life", UNTIL_TERM)) {
      life.config().put("annotations", new JsonObject(Map.of("org.example.note", "kept")));
      absent(life);
      life.create().run().succeeds();
      created(life);
      life.start();
      life.await("output", () -> life.output().equals("up\n"));
      running(life);
      paused(life);
      life.bulkhead("kill", "life", "TERM").run().succeeds();
      life.awaitStatus("stopped");
      assertEquals("up\nbye\n", life.output());
      stopped(life);
      life.bulkhead("delete", "life").run().succeeds();
      absent(life);
      assertTrue(
          life.errors().matches("bulkhead: container ID 'life' is in use .*"), life.errors());
      assertFalse(Files.readString(scratch.resolve("life/log")).contains("the monitor failed"));
    }
  }

  private static void absent(OciContainer life) {
    for (String verb : List.of("state", "start", "kill", "delete", "pause", "resume", "ps")) {
      String sentence = life.refused(verb, "life");
      assertTrue(
          sentence.startsWith("container 'life' does not exist below '" + life.root()), sentence);
    }
    assertTrue(life.refused("exec", "life", "true").contains("does not exist"));
    life.bulkhead("delete", "--force", "life").run().succeeds();
    assertEquals("[]\n", life.bulkhead("list", "--format", "json").run().succeeds().output());
  }

  private static void created(OciContainer life) {
    JsonObject state = life.state();
    assertEquals("created", state.getString("status"));
    assertEquals("life", state.getString("id"));
    assertEquals(life.pid(), state.getLong("pid"));
    assertEquals(life.directory().toString(), state.getString("bundle"));
    assertEquals("kept", state.getObject("annotations").getString("org.example.note"));
    assertTrue(state.getString("ociVersion").startsWith("1."));
    assertTrue(ProcessHandle.of(life.pid()).isPresent());
    life.create().run().expect(125);
    assertTrue(life.lastError().startsWith("container ID 'life' is in use already"));
    assertTrue(life.refused("exec", "life", "true").endsWith("which is created"));
    assertTrue(life.refused("pause", "life").endsWith("which is created and not running"));
    assertTrue(life.refused("resume", "life").endsWith("which is created and not paused"));
    assertEquals("", life.output());
  }

  private void running(OciContainer life) throws Exception {
    assertEquals("running", life.status());
    assertTrue(life.refused("start", "life").endsWith("which is running and not created"));
    assertTrue(life.refused("delete", "life").contains("kill it first or use --force"));
    assertTrue(life.refused("kill", "life", "NONSENSE").startsWith("'NONSENSE' is no signal"));
    life.bulkhead("kill", "life", "0").run().succeeds();
    assertEquals(
        "yes\n",
        life.bulkhead("exec", "--preserve-fds", "0", "life", "echo", "yes")
            .run()
            .succeeds()
            .output());
    assertTrue(
        life.refused("exec", "--preserve-fds", "1", "life", "true").contains("cannot be passed"));
    assertTrue(
        life.refused("exec", "--console", "/dev/pts/0", "life", "true")
            .contains("use --console-socket"));
    assertEquals("life\n", life.bulkhead("list", "-q").run().succeeds().output());
    JsonArray list =
        JsonParser.array()
            .from(life.bulkhead("list", "--format", "json").run().succeeds().output());
    assertEquals(life.pid(), list.getObject(0).getLong("pid"));
    assertEquals("root", list.getObject(0).getString("owner"));
    List<String> table = life.bulkhead("list").run().succeeds().output().lines().toList();
    assertTrue(table.getFirst().matches("ID +PID +STATUS +BUNDLE +CREATED +OWNER"));
    assertTrue(table.getLast().startsWith("life   " + life.pid() + " "), table.getLast());
    assertEquals(
        "[" + life.pid() + "]\n", life.bulkhead("ps", "-f", "json", "life").run().output());
    String ps = life.bulkhead("ps", "life", "-o", "pid,args").run().succeeds().output();
    assertTrue(ps.contains(Long.toString(life.pid())), ps);
    JsonObject event =
        OciContainer.json(life.bulkhead("events", "--stats", "life").run().succeeds().output());
    assertEquals("stats", event.getString("type"));
    assertTrue(event.getObject("data").getObject("cpu").getObject("usage").getLong("total") > 0);
    assertTrue(event.getObject("data").getObject("memory").getObject("usage").getLong("usage") > 0);
    watched(life);
    added(life);
  }

  /** A line after each interval until the container ends, or the reader has had enough. */
  private static void watched(OciContainer life) throws Exception {
    Process events = life.bulkhead("events", "--interval", "50ms", "life").start();
    try (BufferedReader reader = events.inputReader()) {
      for (int i = 0; i < 3; i++) {
        assertEquals("life", OciContainer.json(reader.readLine()).getString("id"));
      }
    } finally {
      events.destroyForcibly().waitFor();
    }
  }

  /** Processes beside the first one. */
  private void added(OciContainer life) throws Exception {
    var result =
        life.bulkhead(
                "exec",
                "-u",
                "5:6",
                "--cwd",
                "/tmp",
                "-e",
                "A=b",
                "life",
                "sh",
                "-c",
                "cat; id -u; id -g; pwd; echo $A; exit 9")
            .input("in\n")
            .run()
            .expect(9);
    assertEquals("in\n5\n6\n/tmp\nb\n", result.output());
    Path process = scratch.resolve("process.json");
    Files.writeString(
        process,
        "{\"args\": [\"sh\", \"-c\", \"echo $0 $B\", \"zero\"], \"cwd\": \"/\","
            + " \"env\": [\"PATH=/bin\", \"B=c\"], \"user\": {\"uid\": 0, \"gid\": 0}}");
    assertEquals(
        "zero c\n",
        life.bulkhead("exec", "--process", process.toString(), "life").run().succeeds().output());
    Files.writeString(process, "{\"args\": \"sh\"}");
    assertTrue(life.refused("exec", "-p", process.toString(), "life").contains("args"));
    assertTrue(life.refused("exec", "life").contains("either a COMMAND or --process FILE"));
    var missing = life.bulkhead("exec", "life", "nosuch").run();
    assertTrue(life.lastError().contains("executable file not found"), missing.errors());
    life.detached(life.bulkhead("exec", "-d", "--pid-file", "second", "life", "sleep", "1000"))
        .run()
        .succeeds();
    long second = Long.parseLong(Files.readString(life.directory().resolve("second")));
    assertTrue(ProcessHandle.of(second).isPresent());
    assertEquals(
        "[" + life.pid() + "," + second + "]\n",
        life.bulkhead("ps", "-f", "json", "life").run().succeeds().output());
    assertTrue(life.exec("ps").contains("sleep 1000"));
    Command.of("kill", Long.toString(second)).run().succeeds();
    life.await("end", () -> !life.exec("ps").contains("sleep 1000"));
  }

  private static void paused(OciContainer life) {
    life.bulkhead("pause", "life").run().succeeds();
    assertEquals("paused", life.status());
    assertTrue(life.refused("pause", "life").endsWith("which is paused and not running"));
    assertTrue(life.refused("exec", "life", "true").endsWith("which is paused"));
    assertTrue(life.refused("delete", "life").contains("it is paused"));
    life.bulkhead("resume", "life").run().succeeds();
    assertEquals("running", life.status());
  }

  private static void stopped(OciContainer life) {
    assertEquals(0, life.state().getInt("pid", 0));
    assertTrue(life.refused("kill", "life").startsWith("container not running"));
    life.bulkhead("kill", "--all", "life", "9").run().succeeds();
    for (String verb : List.of("start", "exec", "pause", "resume", "events")) {
      String sentence =
          verb.equals("exec")
              ? life.refused("exec", "life", "true")
              : life.refused(verb, "life", verb.equals("events") ? "--stats" : "--");
      assertTrue(sentence.contains("stopped") || sentence.contains("has ended"), sentence);
    }
  }

  @Test
  void limitsChangeByEachFlag() throws Exception {
    try (OciContainer limits = OciContainer.of(scratch, "limits", "sleep 1000")) {
      limits.create().run().succeeds();
      limits.start();
      limits
          .bulkhead(
              "update",
              "--memory",
              "64m",
              "--memory-swap",
              "80m",
              "--memory-reservation",
              "32m",
              "--cpu-quota",
              "30000",
              "--cpu-period",
              "60000",
              "--cpu-share",
              "2048",
              "--cpuset-cpus",
              "0",
              "--cpuset-mems",
              "0",
              "--pids-limit",
              "77",
              "--blkio-weight",
              "500",
              "--cpu-rt-period",
              "1000000",
              "--kernel-memory",
              "1m",
              "limits")
          .run()
          .succeeds();
      String read =
          "cd /sys/fs/cgroup; cat memory.max memory.low cpu.max cpu.weight cpuset.cpus"
              + " cpuset.mems pids.max";
      assertEquals(
          (64 << 20) + "\n" + (32 << 20) + "\n30000 60000\n79\n0\n0\n77\n", limits.exec(read));
      limits
          .bulkhead("update", "-r", "-", "limits")
          .input(
              "{\"memory\": {\"limit\": 50331648, \"swap\": 50331648}, \"pids\": {\"limit\": 50}}")
          .run()
          .succeeds();
      Path file = Files.writeString(scratch.resolve("r.json"), "{\"cpu\": {\"quota\": -1}}");
      limits.bulkhead("update", "--resources", file.toString(), "limits").run().succeeds();
      assertEquals(
          (48 << 20) + "\n" + (32 << 20) + "\nmax 100000\n79\n0\n0\n50\n", limits.exec(read));
      Files.writeString(file, "{\"cpu\": {\"quota\": \"much\"}}");
      assertTrue(limits.refused("update", "-r", file.toString(), "limits").contains("cpu.quota"));
      assertTrue(
          limits.refused("update", "--memory", "64g", "limits").contains("create the container"));
    }
  }

  @Test
  void theLogIsTextOrJson() throws Exception {
    Path log = scratch.resolve("log");
    for (String format : List.of("text", "json")) {
      Dist.bulkhead("--log", log.toString(), "--log-format", format, "state", "a\"b")
          .run()
          .expect(125);
    }
    List<String> lines = Files.readAllLines(log);
    assertEquals(2, lines.size());
    assertTrue(lines.get(0).startsWith("time=\"20"), lines.get(0));
    assertTrue(lines.get(0).contains("level=error msg=\"'a\\\"b' is no container ID"));
    JsonObject entry = OciContainer.json(lines.get(1));
    assertTrue(entry.getString("msg").startsWith("'a\"b' is no container ID"));
    assertEquals("error", entry.getString("level"));
    assertTrue(entry.getString("time").matches("20\\d\\d-\\d\\d-\\d\\dT.*Z"));
    Dist.bulkhead("--log", scratch.resolve("empty").toString(), "features").run().succeeds();
    assertTrue(Files.exists(scratch.resolve("empty")));
  }

  @Test
  void specAndFeaturesFitTheSpecification() throws Exception {
    Dist.bulkhead("spec").directory(scratch).run().succeeds();
    JsonObject spec = OciContainer.json(Files.readString(scratch.resolve("config.json")));
    assertEquals("rootfs", spec.getObject("root").getString("path"));
    var again = Dist.bulkhead("spec").directory(scratch).run().expect(125);
    assertTrue(again.errors().contains("exists already"), again.errors());
    Files.delete(scratch.resolve("config.json"));
    Path others = Files.writeString(scratch.resolve("config.json.new"), "half of it");
    Dist.bulkhead("spec").directory(scratch).run().succeeds();
    assertEquals(spec, OciContainer.json(Files.readString(scratch.resolve("config.json"))));
    assertEquals("half of it", Files.readString(others), "another writer's file was taken");
    JsonObject features = OciContainer.json(Dist.bulkhead("features").run().succeeds().output());
    assertTrue(features.getString("ociVersionMin").startsWith("1."));
    assertTrue(features.getArray("hooks").contains("startContainer"));
    assertTrue(features.getArray("mountOptions").contains("ro"));
    assertFalse(features.getObject("linux").getArray("capabilities").isEmpty());
  }

  @Test
  void runWithABundleIsCreateStartAndDelete() throws Exception {
    try (OciContainer run = OciContainer.of(scratch, "run", "cat; tty; exit 6")) {
      run.create("--no-such").run().expect(125);
      var attached = run.bulkhead("run", "-b", ".", "run").input("in\n").run().expect(6);
      assertEquals("in\nnot a tty\n", attached.output());
      assertEquals("[]\n", run.bulkhead("list", "-f", "json").run().output());
      run.config().getObject("process").put("terminal", true);
      run.create().run().expect(125);
      assertTrue(run.lastError().contains("a --console-socket is needed"), run.lastError());
      run.create("--preserve-fds", "2").run().expect(125);
      assertTrue(run.errors().contains("preserve-fds"), run.errors());
    }
  }
}
