package dev.bulkhead.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest has used and freed is the host's again while the machine runs on. */
@ExtendWith(LeavesNothing.class)
final class FreedMemoryTest {
  private static final int USED_MIB = 200;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path scratch;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void goesBackToTheHost(boolean template) throws Exception {
    Path settings =
        Files.writeString(
            scratch.resolve("configuration.toml"), "[factory]\ntemplate = " + template + "\n");
    String script =
        "dd if=/dev/zero of=/big/x bs=1M count=%d 2>/dev/null; echo used; read word; rm /big/x; echo"
            + " freed; read word";
    Process run =
        Dist.bulkhead(
                "--config",
                settings.toString(),
                "run",
                "-i",
                "--tmpfs",
                "/big",
                Dist.busybox().toString(),
                "sh",
                "-c",
                script.formatted(USED_MIB))
            .start();
    try (OutputStream input = run.getOutputStream();
        BufferedReader output = run.inputReader()) {
      assertEquals("used", output.readLine());
      Path hypervisor = hypervisor(run);
      int full = ownMib(hypervisor);
      assertTrue(full >= USED_MIB, full + " MiB");
      goOn(input);
      assertEquals("freed", output.readLine());
      Instant end = Instant.now().plus(PATIENCE);
      int left = ownMib(hypervisor);
      while (left > full - USED_MIB * 3 / 4) {
        assertTrue(Instant.now().isBefore(end), left + " MiB of " + full + " are left");
        // Nobody tells of it.
        Thread.sleep(100);
        left = ownMib(hypervisor);
      }
      goOn(input);
    } finally {
      assertEquals(0, run.waitFor());
    }
  }

  private static void goOn(OutputStream input) throws IOException {
    input.write("on\n".getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  private static Path hypervisor(Process run) {
    return Path.of(
        "/proc",
        Long.toString(
            run.descendants()
                .filter(process -> process.info().command().orElse("").contains("qemu-system"))
                .findFirst()
                .orElseThrow()
                .pid()));
  }

  /** The memory that a process has for itself. */
  private static int ownMib(Path process) throws IOException {
    return Files.readAllLines(process.resolve("status")).stream()
        .filter(line -> line.startsWith("RssAnon:"))
        .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }
}
