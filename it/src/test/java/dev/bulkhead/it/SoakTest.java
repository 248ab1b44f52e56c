package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static dev.bulkhead.it.Dist.runBusybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Much data and many sandboxes: nothing is lost and nothing grows. */
@ExtendWith(LeavesNothing.class)
final class SoakTest {
  private static final int MEGABYTES = 200;

  @Test
  void twoHundredMegabytesComeThroughWhole() throws Exception {
    var result =
        runBusybox(
                "sh",
                "-c",
                "dd if=/dev/urandom of=/data bs=1M count="
                    + MEGABYTES
                    + " 2>/dev/null; sha256sum /data >&2; cat /data")
            .timeoutSeconds(300)
            .run()
            .succeeds();
    assertEquals(MEGABYTES << 20, result.outputBytes().length);
    assertTrue(result.errors().contains(sha256(result.outputBytes())), result.errors());
  }

  @Test
  void asMuchGoesIn() throws Exception {
    byte[] data = new byte[MEGABYTES << 20];
    new java.util.Random(42).nextBytes(data);
    var result =
        bulkhead("run", "-i", busybox().toString(), "sha256sum")
            .input(data)
            .timeoutSeconds(300)
            .run()
            .succeeds();
    assertTrue(result.output().startsWith(sha256(data)), result.output());
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void thirtySandboxesInARowStayFlat() throws Exception {
    long afterFirst = 0;
    long descriptorsAfterFirst = 0;
    for (int i = 1; i <= 30; i++) {
      long peak = peakKilobytesOfARun();
      if (i == 1) {
        afterFirst = peak;
        descriptorsAfterFirst = openFiles();
      }
      assertTrue(peak <= afterFirst * 3 / 2, "run " + i + " took " + peak + " KB");
    }
    long grown = openFiles() - descriptorsAfterFirst;
    assertTrue(grown < 500, "open files of the host grew by " + grown);
  }

  /** The most memory that the command itself had resident, read when its container has run. */
  private static long peakKilobytesOfARun() throws Exception {
    Process run = bulkhead("run", "-i", busybox().toString(), "sh", "-c", "echo up; cat").start();
    assertEquals("up", run.inputReader().readLine());
    long peak =
        Files.readAllLines(Path.of("/proc/" + run.pid() + "/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    run.getOutputStream().close();
    assertEquals(0, run.waitFor());
    return peak;
  }

  private static long openFiles() throws Exception {
    return Long.parseLong(Files.readString(Path.of("/proc/sys/fs/file-nr")).split("\t", -1)[0]);
  }
}
