package dev.bulkhead.it.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.files.ShellContainer.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where files end: the disk that is full, the cache that is flushed, the server that dies. */
@ExtendWith(LeavesNothing.class)
final class DiskTest {
  /** The flushes that a disk was asked for, in its statistics (Documentation/block/stat.rst). */
  private static final int FLUSHES = 15;

  @TempDir Path scratch;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aVolumeOnADiskOfItsOwn(Sharing sharing) throws Exception {
    try (HostMount disk = HostMount.disk(scratch.resolve("disk"), "8M");
        ShellContainer container =
            ShellContainer.start(sharing, scratch, Mounted.bind(disk.path(), "/tmp"))) {
      String device = disk.device();
      container.run("echo content > /tmp/file");
      long before = flushes(device);
      container.run("sync /tmp/file");
      assertTrue(flushes(device) > before, "the disk was not flushed");
      assertEquals("content\n", Files.readString(disk.path().resolve("file")));
      fill(container);
      container.run("rm /tmp/fill; cat /tmp/file; dd if=/dev/zero of=/tmp/new bs=1M count=2");
      assertEquals(2 << 20, Files.size(disk.path().resolve("new")));
      // By this kubelet limits an emptyDir on disk: it looks how much is used, and evicts the pod.
      long used = Long.parseLong(kibibytes(disk.path()));
      assertTrue(used >= 2 << 10 && used < 3 << 10, used + " KiB");
    }
  }

  private static String kibibytes(Path directory) {
    String line = Command.of("du", "-sk", directory.toString()).run().succeeds().output();
    return line.substring(0, line.indexOf('\t'));
  }

  private static void fill(ShellContainer container) {
    ShellContainer.Answer answer =
        container.attempt("dd if=/dev/zero of=/tmp/fill bs=64k count=1000");
    assertEquals(1, answer.code());
    assertTrue(answer.output().contains("No space left on device"), answer.output());
    assertEquals("content\n", container.run("cat /tmp/file"));
  }

  private static long flushes(String device) throws IOException {
    List<String> numbers =
        List.of(Files.readString(Path.of("/sys/block", device, "stat")).trim().split("\\s+"));
    return Long.parseLong(numbers.get(FLUSHES));
  }

  @Test
  void aDaemonThatDiesEndsTheContainerWithItsReason() throws Exception {
    try (ShellContainer container = ShellContainer.start(Sharing.VIRTIO_FS, scratch)) {
      container.run("ls / > /dev/null");
      // Its process is the monitor's child, and the monitor nobody's.
      ProcessHandle daemon =
          ProcessHandle.allProcesses()
              .filter(process -> process.info().command().orElse("").endsWith("virtiofsd"))
              .findFirst()
              .orElseThrow();
      daemon.destroyForcibly();
      assertTrue(container.process().waitFor(60, TimeUnit.SECONDS), "still running");
      assertEquals(137, container.process().exitValue());
      assertTrue(
          container
              .errors()
              .contains(
                  "the files of the sandbox are not served any more: virtiofsd was ended by"
                      + " SIGKILL"),
          container.errors());
    }
  }
}
