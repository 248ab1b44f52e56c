package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Hooks of all six kinds: when, where and with what they run, and what their failure does. */
@ExtendWith(LeavesNothing.class)
final class HooksTest {
  @TempDir Path scratch;
  private Path script;

  @BeforeEach
  void writeScript() throws IOException {
    script = scratch.resolve("hook");
    // A line of kind, variable, network namespace and state in the bundle, which it runs in.
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo "$1 $WORD $(readlink /proc/self/ns/net) $(cat)" >> hooks.log
        eval "$2"
        """);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Adds a hook of the script that ends with a command. */
  private void hook(OciContainer container, String kind, String end) {
    JsonObject hook = new JsonObject();
    hook.put("path", script.toString());
    hook.put("args", JsonArray.from("hook", kind, end));
    hook.put("env", JsonArray.from("PATH=/usr/bin:/bin", "WORD=" + kind.length()));
    hook.put("timeout", 10);
    add(container, kind, hook);
  }

  /** Adds a hook that runs inside the container. */
  private static void startHook(OciContainer container, String path, String... args) {
    JsonObject hook = new JsonObject();
    hook.put("path", path);
    hook.put("args", new JsonArray(List.of(args)));
    add(container, "startContainer", hook);
  }

  private static void add(OciContainer container, String kind, JsonObject hook) {
    if (!container.config().has("hooks")) {
      container.config().put("hooks", new JsonObject());
    }
    JsonObject hooks = container.config().getObject("hooks");
    if (!hooks.has(kind)) {
      hooks.put(kind, new JsonArray());
    }
    hooks.getArray(kind).add(hook);
  }

  private static List<String> log(OciContainer container) throws IOException {
    Path log = container.directory().resolve("hooks.log");
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  private static void ran(
      String line, String kind, String network, String status, OciContainer container) {
    String start = kind + " " + kind.length() + " " + network + " ";
    assertTrue(line.startsWith(start), line);
    JsonObject state = OciContainer.json(line.substring(start.length()));
    assertEquals(status, state.getString("status"));
    assertEquals(container.directory().toString(), state.getString("bundle"));
    assertEquals("hooked", state.getString("id"));
  }

  private static String network(String process) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/" + process + "/ns/net")).toString();
  }

  @Test
  void eachKindRunsAtItsTimeInItsPlace() throws Exception {
    try (OciContainer hooked =
        OciContainer.of(scratch, "hooked", "cat /dev/shm/hook; exec sleep 1000")) {
      for (String kind : List.of("poststop", "poststart", "createContainer", "createRuntime")) {
        hook(hooked, kind, "true");
      }
      hook(hooked, "prestart", "true");
      startHook(
          hooked,
          "/bin/sh",
          "sh",
          "-c",
          "mount | grep -c ' / ' > /dev/shm/hook; id -u >> /dev/shm/hook; cat >> /dev/shm/hook");
      hooked.create().run().succeeds();
      List<String> lines = log(hooked);
      assertEquals(3, lines.size(), lines.toString());
      ran(lines.get(0), "prestart", network("self"), "creating", hooked);
      ran(lines.get(1), "createRuntime", network("self"), "creating", hooked);
      String inside = network(Long.toString(hooked.pid()));
      assertFalse(inside.equals(network("self")));
      ran(lines.get(2), "createContainer", inside, "creating", hooked);
      assertTrue(lines.get(0).contains("\"pid\":" + hooked.pid()), lines.get(0));
      hooked.start();
      ran(log(hooked).get(3), "poststart", network("self"), "running", hooked);
      hooked.await("what the hook wrote", () -> hooked.output().contains("}"));
      List<String> output = hooked.output().lines().toList();
      assertEquals(List.of("1", "0"), output.subList(0, 2));
      JsonObject told = OciContainer.json(output.get(2));
      assertEquals("created", told.getString("status"));
      assertEquals(hooked.pid(), told.getLong("pid"));
      assertEquals(4, log(hooked).size());
      hooked.bulkhead("delete", "--force", "hooked").run().succeeds();
      ran(log(hooked).get(4), "poststop", network("self"), "stopped", hooked);
      assertEquals(5, log(hooked).size());
    }
  }

  @Test
  void aHookThatFailsBeforeTheStartEndsTheContainer() throws Exception {
    try (OciContainer hooked = OciContainer.of(scratch, "hooked", "echo never")) {
      hook(hooked, "createRuntime", "echo no way >&2; exit 3");
      hook(hooked, "createContainer", "true");
      hook(hooked, "poststop", "true");
      hooked.create().run().expect(125);
      String sentence = "the createRuntime hook '" + script + "' failed with exit code 3: no way";
      assertEquals(sentence, hooked.lastError());
      assertEquals("bulkhead: " + sentence, hooked.errors());
      assertEquals(2, log(hooked).size());
      ran(log(hooked).get(1), "poststop", network("self"), "stopped", hooked);
      hooked.refused("state", "hooked");
    }
  }

  @Test
  void aHookThatIsTooSlowIsKilled() throws Exception {
    try (OciContainer hooked = OciContainer.of(scratch, "hooked", "echo never")) {
      hook(hooked, "createContainer", "exec sleep 1000");
      hooked.config().getObject("hooks").getArray("createContainer").getObject(0).put("timeout", 1);
      hooked.create().run().expect(125);
      assertTrue(
          hooked.lastError().endsWith("was not done within its timeout of 1 s"),
          hooked.lastError());
    }
  }

  @Test
  void aHookInTheContainerThatFailsStopsIt() throws Exception {
    try (OciContainer hooked = OciContainer.of(scratch, "hooked", "echo never")) {
      startHook(hooked, "/bin/sh", "sh", "-c", "echo not so >&2; exit 4");
      hooked.create().run().succeeds();
      assertEquals(
          "the startContainer hook '/bin/sh' failed with exit code 4: not so",
          hooked.refused("start", "hooked"));
      hooked.awaitStatus("stopped");
      hooked.bulkhead("delete", "hooked").run().succeeds();
      startHookAgain(hooked);
      assertEquals("", hooked.output());
    }
  }

  private static void startHookAgain(OciContainer hooked) {
    hooked.config().put("hooks", new JsonObject());
    startHook(hooked, "/no/program");
    hooked.create().run().succeeds();
    String sentence = hooked.refused("start", "hooked");
    assertTrue(
        sentence.startsWith("the startContainer hook '/no/program' could not be run"), sentence);
  }

  @Test
  void aHookInTheContainerThatIsTooSlowIsKilled() {
    try (OciContainer hooked = OciContainer.of(scratch, "hooked", "echo never")) {
      startHook(hooked, "/bin/sleep", "sleep", "1000");
      JsonArray hooks = hooked.config().getObject("hooks").getArray("startContainer");
      hooks.getObject(0).put("timeout", 1);
      hooked.create().run().succeeds();
      assertEquals(
          "the startContainer hook '/bin/sleep' was not done within 1 s",
          hooked.refused("start", "hooked"));
      hooked.awaitStatus("stopped");
      assertEquals("", hooked.output());
    }
  }

  @Test
  void aHookThatFailsLaterIsForTheLog() throws Exception {
    try (OciContainer hooked = OciContainer.of(scratch, "hooked", "exec sleep 1000")) {
      hook(hooked, "poststart", "false");
      hook(hooked, "poststop", "false");
      hooked.create().run().succeeds();
      hooked.start();
      assertEquals("running", hooked.status());
      hooked.bulkhead("delete", "-f", "hooked").run().succeeds();
      String log = Files.readString(hooked.directory().resolve("log"));
      assertTrue(log.contains("the poststart hook '" + script + "' failed with exit"), log);
      assertTrue(log.contains("the poststop hook '" + script + "' failed with exit"), log);
      assertEquals("", hooked.lastError());
    }
  }
}
