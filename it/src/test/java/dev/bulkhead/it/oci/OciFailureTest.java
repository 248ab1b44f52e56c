package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever dies or is full: {@code delete --force} leaves nothing. */
@ExtendWith(LeavesNothing.class)
final class OciFailureTest {
  @TempDir Path scratch;

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/" + file));
    } catch (IOException e) {
      return "";
    }
  }

  /** The processes of a container, by its cgroup. */
  private static Stream<ProcessHandle> parts(String id, Predicate<String> name) {
    return ProcessHandle.allProcesses()
        .filter(process -> name.test(read(process, "comm").trim()))
        .filter(process -> read(process, "cgroup").contains("/bulkhead/" + id + "\n"));
  }

  private static void kill(String id, String name) {
    assertEquals(1, parts(id, name::equals).filter(ProcessHandle::destroyForcibly).count());
  }

  @ParameterizedTest
  @ValueSource(strings = {"container-proce", "bulkhead-monito", "qemu-system-x86"})
  void aKilledPartOfACreatedContainerEndsIt(String part) {
    try (OciContainer victim = OciContainer.of(scratch, "created", "echo never")) {
      victim.create().run().succeeds();
      kill("created", part);
      victim.awaitStatus("stopped");
      assertTrue(victim.refused("start", "created").contains("stopped"));
      victim.bulkhead("delete", "created").run().succeeds();
      assertEquals("", victim.output());
    }
  }

  @Test
  void aKilledContainerProcessEndsARunningContainer() {
    try (OciContainer victim = OciContainer.of(scratch, "running", "exec sleep 1000")) {
      victim.create().run().succeeds();
      victim.start();
      kill("running", "container-proce");
      victim.awaitStatus("stopped");
      victim.bulkhead("delete", "running").run().succeeds();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"state.json", "qemu"})
  void aKilledCreationLeavesWhatDeleteRemoves(String moment) throws Exception {
    try (OciContainer half = OciContainer.of(scratch, "half", "echo never")) {
      Process create = half.create().start();
      half.await(
          moment,
          () ->
              moment.equals("qemu")
                  ? parts("half", name -> name.startsWith("qemu")).findAny().isPresent()
                  : Files.exists(half.root().resolve("half").resolve(moment)));
      create.destroyForcibly().waitFor();
      half.bulkhead("delete", "--force", "half").run().succeeds();
      assertFalse(Files.exists(half.root().resolve("half")));
      assertEquals(0, parts("half", name -> true).count());
    }
  }

  @Test
  void aDamagedStateIsToldAndRemoved() throws Exception {
    try (OciContainer damaged = OciContainer.of(scratch, "damaged", "exec sleep 1000")) {
      damaged.create().run().succeeds();
      Path state = damaged.root().resolve("damaged/state.json");
      Files.writeString(state, Files.readString(state).substring(0, 40));
      String sentence = damaged.refused("state", "damaged");
      assertTrue(sentence.contains(state + "' is damaged"), sentence);
      assertTrue(sentence.endsWith("delete the container with --force"), sentence);
      damaged.bulkhead("delete", "--force", "damaged").run().succeeds();
      assertEquals(0, parts("damaged", name -> true).count());
    }
  }

  @Test
  void aFullDiskIsToldAndCleanedUp() throws Exception {
    try (OciContainer full = OciContainer.of(scratch, "full", "exec sleep 1000")) {
      Files.createDirectories(full.root());
      Command.of("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", full.root().toString())
          .run()
          .succeeds();
      try {
        Path filler = full.root().resolve(".filler");
        for (int free : new int[] {0, 1, 2}) {
          fill(filler, free);
          full.create().run().expect(125);
          assertTrue(full.lastError().contains("No space left on device"), full.lastError());
          full.bulkhead("delete", "--force", "full").run().succeeds();
          assertFalse(Files.exists(full.root().resolve("full")));
          Files.delete(filler);
        }
        full.create().run().succeeds();
        fill(filler, 0);
        full.bulkhead("start", "full").run();
        full.bulkhead("delete", "--force", "full").run().succeeds();
      } finally {
        Command.of("umount", full.root().toString()).run().succeeds();
      }
    }
  }

  /** Fills the file system of a file, but for some pages. */
  private static void fill(Path file, int freePages) {
    Command.of("sh", "-c", "cat /dev/zero > " + file).run();
    Command.of("truncate", "-s", "-" + freePages * 4096, file.toString()).run().succeeds();
  }

  @Test
  void aCreationThatIsInterruptedLeavesNothing() throws Exception {
    try (OciContainer half = OciContainer.of(scratch, "interrupted", "echo never")) {
      Process create = half.create().start();
      half.await(
          "machine", () -> parts("interrupted", name -> name.startsWith("qemu")).count() == 1);
      Command.of("kill", "-TERM", Long.toString(create.pid())).run().succeeds();
      assertTrue(create.waitFor(30, TimeUnit.SECONDS));
      half.bulkhead("delete", "--force", "interrupted").run().succeeds();
    }
  }
}
