package dev.bulkhead.it.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Root file systems that are disks, of containerd 1.7: the machine mounts them, not the host. */
@ExtendWith(LeavesNothing.class)
final class BlockfileTest {
  private static Containerd containerd;

  @BeforeAll
  static void start() {
    Path scratch = Dist.scratch("blockfile").resolve("scratch");
    Command.of("truncate", "-s", "32M", scratch.toString()).run().succeeds();
    Command.of("mkfs.ext4", "-q", "-F", scratch.toString()).run().succeeds();
    containerd = Containerd.startWithBlockfiles(scratch);
  }

  @AfterAll
  static void stop() {
    containerd.close();
  }

  @Test
  void theRootIsADiskOfTheMachine() {
    Command.Result result =
        containerd
            .run(
                List.of("--rm"),
                "root",
                "sh",
                "-c",
                "grep ' / ' /proc/mounts; echo kept > /kept; cat /kept; ls -d /bin/busybox;"
                    + " dd if=/dev/zero of=/fill bs=1M count=40 2>&1 | grep -c 'No space'")
            .run()
            .succeeds();
    List<String> lines = result.output().lines().toList();
    assertTrue(lines.getFirst().matches("/dev/vda / ext4 rw.*"), result.output());
    assertEquals(List.of("kept", "/bin/busybox", "1"), lines.subList(1, 4));
    Command.Result readOnly =
        containerd
            .run(List.of("--rm", "--read-only"), "fixed", "sh", "-c", "echo x > /x; grep -c x /x")
            .run();
    assertTrue(readOnly.errors().contains("Read-only file system"), readOnly.errors());
    assertEquals("", containerd.left());
  }
}
