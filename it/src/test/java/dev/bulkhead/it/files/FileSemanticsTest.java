package dev.bulkhead.it.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the file system of a volume promises to the programs of a container. */
@ExtendWith(LeavesNothing.class)
final class FileSemanticsTest {
  private static final String PROGRAM = "file-semantics";
  private static final int MANY = 100_000;
  private static final int LEAST_CASES = 89;

  /** The cases that a way of sharing does not pass; docs/limitations.md tells of each. */
  private static final Map<Sharing, Set<String>> DIFFERENCES =
      Map.of(
          Sharing.RUNC,
          Set.of(),
          Sharing.VIRTIO_FS,
          // The guest's kernel 6.1 knows no way to ask for it.
          Set.of("temporary_files_have_no_name"),
          Sharing.VIRTIO_9P,
          Set.of(
              // The protocol has no words for it.
              "holes_are_found",
              "room_is_allocated_and_given_back",
              "rename_can_exchange",
              "rename_can_refuse_to_replace",
              "temporary_files_have_no_name",
              "attributes_are_kept",
              // The guest's kernel, with cache_9p = "mmap".
              "a_shared_map_writes_the_file",
              "writing_takes_set_user_id_away",
              "access_lists_are_kept",
              "times_are_set_to_the_nanosecond",
              // QEMU 7.2's server.
              "an_unlinked_file_is_changed_by_its_descriptor",
              "device_nodes_are_made",
              "fifos_pass_bytes",
              "sockets_have_names",
              "programs_have_capabilities"));

  /** Those of a root whose writable layer is in the guest's memory. */
  private static final Set<String> DIFFERENCES_IN_MEMORY =
      Set.of(
          // A tmpfs of Linux 6.1.
          "attributes_are_kept",
          "attributes_go_by_descriptors_and_directories",
          "attributes_have_conditions",
          "direct_io_bypasses_caches",
          // Layers on two file systems.
          "directories_tell_kinds_and_numbers",
          "temporary_files_have_no_name");

  @TempDir static Path shared;
  private static Path many;

  @TempDir Path scratch;

  @BeforeAll
  static void makeManyFiles() {
    many = shared.resolve("many");
    // By a shell: the JVM takes five times as long.
    Command.of(
            "sh", "-c", "mkdir $0; cd $0; seq 0 $1 | xargs touch", many.toString(), "" + (MANY - 1))
        .run()
        .succeeds();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aVolumeIsTheFileSystemItSeems(Sharing sharing) throws Exception {
    Path volume = Files.createDirectory(scratch.resolve("volume"));
    Files.createDirectory(volume.resolve("work"));
    Path named = Files.write(volume.resolve("given"), new byte[] {1});
    Command.of("touch", many.resolve("0").toString()).run().succeeds();
    try (ShellContainer container =
        ShellContainer.start(
            sharing,
            scratch,
            ShellContainer.Mounted.bind(volume, "/tmp"),
            ShellContainer.Mounted.bind(many, "/usr"),
            ShellContainer.Mounted.bind(TestProgram.directoryWith(PROGRAM), "/sys", "ro"))) {
      Map<String, String> failed = failures(container.run("/sys/" + PROGRAM + " /tmp/work"));
      assertEquals(
          String.join("\n", DIFFERENCES.get(sharing).stream().sorted().toList()),
          String.join("\n", failed.keySet()),
          failed::toString);
      assertEquals(
          "listed " + MANY + "\n", container.run("/sys/" + PROGRAM + " list /usr " + MANY));
      assertTrue(Files.notExists(many.resolve("0")));
      Files.delete(many.resolve("added"));
      hostSees(container, volume);
      Files.delete(named);
      assertEquals(1, container.attempt("test -e /tmp/given").code());
    }
  }

  /** In a root whose lower layer is an image; with {@code none} it is in the guest's memory. */
  @ParameterizedTest
  @ValueSource(strings = {"virtio-9p", "virtio-fs", "none"})
  void aRootIsTheFileSystemItSeems(String sharedFs) throws Exception {
    Path configuration =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            "[hypervisor.qemu]\nshared_fs = \"%s\"\n[image]\nstore = \"%s/store\"\n"
                .formatted(sharedFs, scratch));
    String program = TestProgram.directoryWith(PROGRAM) + ":/program:ro";
    Command.Result result =
        Dist.bulkhead(
                "--config",
                configuration.toString(),
                "run",
                "-v",
                program,
                Dist.busybox().toString(),
                "sh",
                "-c",
                "mkdir /work && /program/" + PROGRAM + " /work")
            .run()
            .succeeds();
    Map<String, String> failed = failures(result.output());
    Set<String> differences =
        switch (sharedFs) {
          case "virtio-9p" -> DIFFERENCES.get(Sharing.VIRTIO_9P);
          case "virtio-fs" -> DIFFERENCES.get(Sharing.VIRTIO_FS);
          default -> DIFFERENCES_IN_MEMORY;
        };
    assertEquals(
        String.join("\n", differences.stream().sorted().toList()),
        String.join("\n", failed.keySet()),
        failed::toString);
  }

  private static Map<String, String> failures(String report) {
    Map<String, String> failures = new TreeMap<>();
    List<String> lines = report.lines().toList();
    assertTrue(lines.size() >= LEAST_CASES, report);
    for (String line : lines) {
      int blank = line.indexOf(' ');
      if (!line.endsWith(" ok")) {
        failures.put(line.substring(0, blank), line.substring(blank + 1));
      }
    }
    return failures;
  }

  /** What the container makes, the host sees with its owner, mode and names; and the reverse. */
  private static void hostSees(ShellContainer container, Path volume) throws IOException {
    container.run(
        "cd /tmp; echo content > made; ln made hard; ln -s ../x soft; chown -h 7:8 soft;"
            + " truncate -s 8M sparse; chown 4242:4343 made; chmod 4751 made; cd /");
    Path made = volume.resolve("made");
    assertEquals("content\n", Files.readString(made));
    assertEquals(4242, Files.getAttribute(made, "unix:uid"));
    assertEquals(4343, Files.getAttribute(made, "unix:gid"));
    assertEquals(04751, (int) Files.getAttribute(made, "unix:mode") & 07777);
    assertEquals(2, Files.getAttribute(made, "unix:nlink"));
    assertEquals(Path.of("../x"), Files.readSymbolicLink(volume.resolve("soft")));
    assertEquals(
        7, Files.getAttribute(volume.resolve("soft"), "unix:uid", LinkOption.NOFOLLOW_LINKS));
    assertEquals(8 << 20, Files.size(volume.resolve("sparse")));
    Files.writeString(made, "of the host\n");
    Files.writeString(Files.createDirectory(volume.resolve("new")).resolve("file"), "new\n");
    container.run("until grep -q host /tmp/made; do sleep 0.1; done");
    container.run("until grep -q new /tmp/new/file; do sleep 0.1; done");
  }
}
