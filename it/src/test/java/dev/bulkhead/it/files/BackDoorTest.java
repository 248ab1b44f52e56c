package dev.bulkhead.it.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.files.ShellContainer.Mounted;
import dev.bulkhead.it.files.ShellContainer.Rights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A hostile guest does not get, by files, where it was not let. */
@ExtendWith(LeavesNothing.class)
final class BackDoorTest {
  private static final String SECRET = "the canary of the host";
  private static final int ATTEMPTS = 6;
  private static final List<String> REFUSALS = List.of("Read-only file system", "Resource busy");

  @TempDir Path scratch;

  /**
   * The container swaps a directory of its volume for a link to a directory of the host, again and
   * again, while the host lends that directory to others.
   */
  @ParameterizedTest
  @EnumSource(names = {"VIRTIO_9P", "VIRTIO_FS"})
  void aDirectoryThatBecomesALinkLendsNothing(Sharing sharing) throws Exception {
    Path volume = Files.createDirectory(scratch.resolve("volume"));
    Path canary = Files.createDirectory(scratch.resolve("canary"));
    Files.writeString(canary.resolve("secret"), SECRET);
    // It could be a root.
    Files.createDirectory(canary.resolve("bin"));
    List<String> runtime = sharing.runtime(Files.createDirectory(scratch.resolve("others")));
    try (ShellContainer hostile =
        ShellContainer.start(sharing, scratch, Mounted.bind(volume, "/tmp"))) {
      hostile.run(
          "(while ! [ -e /tmp/end ]; do ln -s "
              + canary
              + " /tmp/sub; rm /tmp/sub; mkdir -p /tmp/sub/in; rm -r /tmp/sub; done;"
              + " mkdir -p /tmp/sub/in; touch /tmp/ended) &");
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        seesNothing(lend(runtime, volume.resolve("sub")));
        seesNothing(copy(scratch, attempt % 2 == 0 ? volume : volume.resolve("sub")));
      }
      hostile.run("touch /tmp/end; until [ -e /tmp/ended ]; do sleep 0.1; done");
      assertEquals("in\n", lend(runtime, volume.resolve("sub")).succeeds().output());
      hostile.run("ln -s " + canary + " /tmp/link; ln -s / /tmp/sub/up");
      for (String name : List.of("link", "sub/up" + canary, "sub/../link")) {
        Command.Result refused = lend(runtime, volume.resolve(name));
        assertEquals(125, refused.code(), refused.output());
        assertTrue(
            refused.errors().contains("out of a directory that a running container may write"),
            refused.errors());
        seesNothing(refused);
      }
      Command.Result root =
          ShellContainer.command(runtime, "run", volume.resolve("link") + "", "true").run();
      assertEquals(125, root.code(), root.output());
      assertTrue(
          root.errors().contains("out of a directory that a running container may write"),
          root.errors());
      // What is copied is the link, and not what it leads to.
      assertEquals("/tmp/link\n/tmp/sub/up\n", copy(scratch, volume).succeeds().output(), "links");
    }
    // A link that leads there is the caller's own business when nobody may change it meanwhile.
    Path link = Files.createSymbolicLink(scratch.resolve("link"), volume);
    assertTrue(lend(runtime, link.resolve("sub")).succeeds().output().contains("in\n"));
    assertEquals(SECRET, Files.readString(canary.resolve("secret")));
    assertEquals(2, canary.toFile().list().length);
  }

  /** What a container could make in its volume, and have the host open for others. */
  @Test
  void whatIsNoFileIsNotLent() throws Exception {
    Path volume = Files.createDirectory(scratch.resolve("volume"));
    List<String> runtime = Sharing.VIRTIO_9P.runtime(Files.createDirectory(scratch.resolve("o")));
    Command.of("mkfifo", volume.resolve("fifo").toString()).run().succeeds();
    Command.of("mknod", volume.resolve("disk").toString(), "b", "7", "0").run().succeeds();
    Command.of("mknod", volume.resolve("terminal").toString(), "c", "5", "0").run().succeeds();
    try (ShellContainer hostile =
        ShellContainer.start(Sharing.VIRTIO_9P, scratch, Mounted.bind(volume, "/tmp"))) {
      assertEquals("disk\nfifo\nterminal\n", hostile.run("ls /tmp"));
      for (String[] refusal :
          List.of(
              new String[] {"fifo", "is a socket or fifo"},
              new String[] {"disk", "lies in a directory that a running container may write"},
              new String[] {"terminal", "is a character device"})) {
        Command.Result refused = lend(runtime, volume.resolve(refusal[0]));
        assertEquals(125, refused.code(), refused.output());
        assertTrue(refused.errors().contains(refusal[1]), refused.errors());
      }
      Command.Result copied = copy(scratch, volume);
      assertEquals(125, copied.code(), copied.output());
      assertTrue(
          copied.errors().contains("is no file, directory or symbolic link"), copied.errors());
    }
  }

  private static Command.Result lend(List<String> runtime, Path source) {
    return ShellContainer.command(
            runtime, "run", "-v", source + ":/tmp", Dist.busybox() + "", "ls", "/tmp")
        .run();
  }

  /** What a machine that shares no files gets to see: links, and all names, of copies. */
  private static Command.Result copy(Path scratch, Path source) throws IOException {
    Path configuration =
        Files.writeString(
            scratch.resolve("copies.toml"),
            "[hypervisor.qemu]\nshared_fs = \"none\"\n[image]\nstore = \"%s/store\"\n"
                .formatted(scratch));
    return ShellContainer.command(
            List.of(Dist.BINARY.toString(), "--config", configuration.toString()),
            "run",
            "-v",
            source + ":/tmp:ro",
            Dist.busybox() + "",
            "sh",
            "-c",
            "find /tmp -name secret; find /tmp -type l | sort")
        .run();
  }

  private static void seesNothing(Command.Result result) {
    assertFalse(result.output().contains("secret"), result.output());
  }

  /** Who has taken the machine over sees the share, and changes nothing but what is in it. */
  @ParameterizedTest
  @EnumSource(names = {"VIRTIO_9P", "VIRTIO_FS"})
  void theShareItselfIsNotTheGuests(Sharing sharing) throws Exception {
    Path readOnly = Files.createDirectory(scratch.resolve("read-only"));
    Files.writeString(readOnly.resolve("file"), "given");
    Path writable = Files.createDirectory(scratch.resolve("writable"));
    try (ShellContainer hostile =
        ShellContainer.start(
            sharing,
            scratch,
            Rights.MACHINE,
            Mounted.bind(readOnly, "/tmp", "ro"),
            Mounted.bind(writable, "/var"))) {
      hostile.run("cd /proc/1/root/run/kata-containers/shared/containers");
      hostile.run("volume=shell-" + sharing + "-volume");
      hostile.run("root=shell-" + sharing);
      String[] names = hostile.run("ls").split("\n", -1);
      assertTrue(
          List.of(names).contains("shell-" + sharing + "-volume-0"), String.join(" ", names));
      for (String line :
          List.of(
              "mkdir shell-2",
              "ln -s /etc shell-2",
              "mknod shell-2 p",
              "mv $volume-0 elsewhere",
              "rmdir $volume-0",
              "chmod 777 .",
              "echo x > $volume-0/file",
              "ln -s / $volume-0/link",
              "mv $volume-0/file $volume-1/",
              // Its root is to be read-only, and nothing had to be made in it.
              "echo x > $root/new",
              "rm $root/bin/busybox")) {
        ShellContainer.Answer answer = hostile.attempt(line);
        assertTrue(answer.code() != 0, line + answer.output());
        assertTrue(REFUSALS.stream().anyMatch(answer.output()::contains), answer.output());
      }
      hostile.run("ln -s / $volume-1/link; mkdir $volume-1/made");
      hostile.run("! ls $volume-1/link/work");
      hostile.run("cd /");
    }
    assertEquals("given", Files.readString(readOnly.resolve("file")));
    assertEquals(List.of("file"), List.of(readOnly.toFile().list()));
    assertEquals(Path.of("/"), Files.readSymbolicLink(writable.resolve("link")));
  }
}
