package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens when something dies, is interrupted or loses its reader. */
@ExtendWith(LeavesNothing.class)
final class FailureTest {
  private static ProcessHandle hypervisorOf(Process run) {
    return run.descendants()
        .filter(process -> process.info().command().orElse("").contains("qemu-system"))
        .findFirst()
        .orElseThrow();
  }

  /** A container that has begun to run, and did {@code before} before it said so. */
  private static Process started(String before, String script) throws Exception {
    Process run =
        bulkhead("run", busybox().toString(), "sh", "-c", before + "; echo up; " + script).start();
    assertEquals("up", run.inputReader().readLine());
    return run;
  }

  private static int await(Process process) throws Exception {
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running");
    return process.exitValue();
  }

  @Test
  void aHypervisorThatDiesEndsTheCommandWithItsReason() throws Exception {
    Process run = started("true", "sleep 1000");
    hypervisorOf(run).destroyForcibly();
    assertEquals(125, await(run));
    String errors = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(errors.contains("virtual machine"), errors);
    assertTrue(errors.contains(".log"), errors);
  }

  @Test
  void aKilledCommandTakesTheMachineWithIt() throws Exception {
    Process run = started("true", "sleep 1000");
    ProcessHandle hypervisor = hypervisorOf(run);
    run.destroyForcibly().waitFor();
    hypervisor.onExit().get(30, TimeUnit.SECONDS);
    // The directory that was left is swept by the next run.
    bulkhead("run", busybox().toString(), "true").run().succeeds();
  }

  @Test
  void signalsReachTheContainer() throws Exception {
    Process run = started("trap 'echo got it; exit 9' TERM", "while :; do sleep 0.1; done");
    run.toHandle().destroy();
    assertEquals("got it", run.inputReader().readLine());
    assertEquals(9, await(run));
  }

  @Test
  void anInterruptWhileBootingLeavesNothing() throws Exception {
    Process run = bulkhead("run", busybox().toString(), "sleep", "1000").start();
    // As soon as the hypervisor is there, the guest is booting.
    while (run.descendants().noneMatch(p -> p.info().command().orElse("").contains("qemu"))) {
      assertTrue(run.isAlive());
      Thread.onSpinWait();
    }
    Command.of("kill", "-INT", Long.toString(run.pid())).run().succeeds();
    assertEquals(130, await(run));
  }

  @Test
  void aReaderThatGoesAwayEndsTheContainer() throws Exception {
    Process run = bulkhead("run", busybox().toString(), "yes").start();
    try (BufferedReader reader = run.inputReader()) {
      assertEquals("y", reader.readLine());
    }
    assertEquals(141, await(run));
  }

  @Test
  void aSlowReaderSlowsTheWriter() throws Exception {
    Process run =
        started(
            "true",
            "dd if=/dev/zero bs=1M count=64 2>/dev/null & sleep 2;"
                + " kill -0 $! && echo still writing >&2; wait");
    assertEquals(
        "still writing",
        run.errorReader().lines().filter(line -> !line.contains("KVM")).findFirst().orElseThrow());
    long read = run.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    assertTrue(read > 60L << 20, "read " + read);
    assertEquals(0, await(run));
  }

  @Test
  void aFullDiskIsToldToTheContainer() throws Exception {
    Path full = Dist.scratch("full");
    Command.of("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", full.toString()).run().succeeds();
    try {
      var result =
          bulkhead(
                  "run",
                  "-v",
                  full + ":/full",
                  busybox().toString(),
                  "sh",
                  "-c",
                  "dd if=/dev/zero of=/full/file bs=64k count=100")
              .run()
              .expect(1);
      assertTrue(result.errors().contains("No space left on device"), result.errors());
    } finally {
      Command.of("umount", full.toString()).run().succeeds();
      Files.delete(full);
    }
  }
}
