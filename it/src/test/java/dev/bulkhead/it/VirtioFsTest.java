package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The other way of sharing files: {@code shared_fs = "virtio-fs"}. */
@ExtendWith(LeavesNothing.class)
final class VirtioFsTest {
  @TempDir Path scratch;
  private Path configuration;

  @BeforeEach
  void configure() throws Exception {
    configuration =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            "[hypervisor.qemu]\nshared_fs = \"virtio-fs\"\n");
  }

  private Command run(List<String> options, String script) {
    List<String> words = new ArrayList<>(List.of("--config", configuration.toString(), "run"));
    words.addAll(options);
    words.addAll(List.of(busybox().toString(), "sh", "-c", script));
    return bulkhead(words.toArray(String[]::new));
  }

  @Test
  void servesTheRootAndVolumes() throws Exception {
    Path writable = Files.createDirectory(scratch.resolve("w"));
    Path readOnly = Files.createDirectory(scratch.resolve("r"));
    Files.writeString(readOnly.resolve("given"), "given\n");
    var result =
        run(
                List.of("-v", writable + ":/w", "-v", readOnly + ":/r:ro"),
                "grep -c ' / virtiofs ' /proc/mounts; cat /r/given; echo made > /w/made;"
                    + " echo own > /etc/own; cat /etc/own; echo x > /r/x || echo refused")
            .run()
            .succeeds();
    assertEquals("1\ngiven\nown\nrefused\n", result.output());
    assertEquals("made\n", Files.readString(writable.resolve("made")));
  }

  @Test
  void aDaemonThatDiesEndsTheCommandWithItsReason() throws Exception {
    Process run = run(List.of(), "echo up; sleep 1000").start();
    assertEquals("up", run.inputReader().readLine());
    run.descendants()
        .filter(process -> process.info().command().orElse("").contains("virtiofsd"))
        .forEach(ProcessHandle::destroyForcibly);
    assertTrue(run.waitFor(60, TimeUnit.SECONDS), "still running");
    assertEquals(125, run.exitValue());
    String errors = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(errors.contains("virtiofsd was ended by SIGKILL"), errors);
  }
}
