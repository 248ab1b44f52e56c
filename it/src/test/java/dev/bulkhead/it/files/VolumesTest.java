package dev.bulkhead.it.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.files.ShellContainer.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Volumes as engines and kubelet describe them, with the same outcome as with runc. */
@ExtendWith(LeavesNothing.class)
final class VolumesTest {
  private static final String PROGRAM = "file-semantics";

  /** Kata's limit; what is larger is shared and not watched. */
  private static final int GROWN = 6 << 20;

  private static final int TOO_LARGE = 2 << 20;

  @TempDir Path scratch;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void volumesOfAllKinds(Sharing sharing) throws Exception {
    Path tree = Files.createDirectories(scratch.resolve("tree/sub/path"));
    Files.writeString(tree.resolve("file"), "given\n");
    KubeletVolume config = new KubeletVolume(Files.createDirectory(scratch.resolve("config")));
    config.write(1, Map.of("kept", "one\n", "removed", "one\n"));
    KubeletVolume large = new KubeletVolume(Files.createDirectory(scratch.resolve("large")));
    large.write(1, Map.of("kept", "x".repeat(TOO_LARGE)));
    try (HostMount memory = HostMount.memory(scratch.resolve("memory"), "1m");
        HostMount spread = HostMount.shared(Files.createDirectory(scratch.resolve("spread")));
        ShellContainer container =
            ShellContainer.start(
                sharing,
                scratch,
                new Mounted("tmpfs", "/tmp", "tmpfs", List.of("size=1m", "mode=1777")),
                new Mounted("tmpfs", "/var", "tmpfs", List.of()),
                new Mounted("shm", "/dev/shm", "tmpfs", List.of("size=2m")),
                Mounted.bind(tree, "/var/writable"),
                Mounted.bind(tree, "/var/read-only", "ro"),
                Mounted.bind(tree.resolve("file"), "/var/one-file"),
                Mounted.bind(tree.resolve("file"), "/var/read-only-file", "ro"),
                Mounted.bind(config.directory(), "/var/config", "ro"),
                Mounted.bind(large.directory(), "/var/large", "ro"),
                Mounted.bind(memory.path(), "/var/memory"),
                new Mounted(spread.path() + "", "/var/slave", "bind", List.of("rbind", "rslave")),
                Mounted.bind(spread.path(), "/var/private"),
                Mounted.bind(TestProgram.directoryWith(PROGRAM), "/sys", "ro"))) {
      partsOfATree(container, tree);
      sizesAreLimits(container, scratch.resolve("memory"));
      spreadsWhatIsMountedLater(container, spread.path());
      followsKubelet(container, config);
      followsKubeletWithoutEvents(container, large);
    }
  }

  /** Where the guest has copies these are followed too, large ones among them. */
  @Test
  void copiesFollowKubelet() throws Exception {
    KubeletVolume config = new KubeletVolume(Files.createDirectory(scratch.resolve("config")));
    config.write(1, Map.of("kept", "one\n", "removed", "one\n"));
    KubeletVolume large = new KubeletVolume(Files.createDirectory(scratch.resolve("large")));
    large.write(1, Map.of("kept", "x".repeat(TOO_LARGE)));
    try (ShellContainer container =
        ShellContainer.start(
            Sharing.NONE,
            scratch,
            new Mounted("tmpfs", "/tmp", "tmpfs", List.of("size=1m", "mode=1777")),
            new Mounted("tmpfs", "/var", "tmpfs", List.of()),
            Mounted.bind(config.directory(), "/var/config", "ro"),
            Mounted.bind(large.directory(), "/var/large", "ro"),
            Mounted.bind(TestProgram.directoryWith(PROGRAM), "/sys", "ro"))) {
      followsKubelet(container, config);
      followsKubeletWithoutEvents(container, large);
    }
  }

  private static void partsOfATree(ShellContainer container, Path tree) throws IOException {
    assertEquals("given\n", container.run("cat /var/read-only/file"));
    assertEquals("file\n", container.run("ls /var/writable"));
    container.run("echo changed > /var/one-file");
    assertEquals("changed\n", Files.readString(tree.resolve("file")));
    container.run("until cat /var/read-only-file | grep -q changed; do sleep 0.1; done");
    for (String line :
        List.of(
            "echo x > /var/read-only/new",
            "echo x > /var/read-only/file",
            "echo x > /var/read-only-file",
            "rm /var/read-only/file",
            "chmod 0 /var/read-only-file")) {
      ShellContainer.Answer answer = container.attempt(line);
      assertTrue(answer.code() != 0, line);
      assertTrue(answer.output().contains("Read-only file system"), answer.output());
    }
  }

  /** A tmpfs, shared memory, and an emptyDir in memory, which is a tmpfs of the host. */
  private static void sizesAreLimits(ShellContainer container, Path memory) throws IOException {
    for (String directory : List.of("/tmp", "/dev/shm", "/var/memory")) {
      ShellContainer.Answer answer =
          container.attempt("dd if=/dev/zero of=" + directory + "/fill bs=64k count=64");
      assertTrue(answer.output().contains("No space left on device"), answer.output());
      container.run("rm " + directory + "/fill; echo again > " + directory + "/small");
    }
    assertEquals("again\n", Files.readString(memory.resolve("small")));
  }

  private static void spreadsWhatIsMountedLater(ShellContainer container, Path spread)
      throws IOException {
    Path below = Files.createDirectory(spread.resolve("later"));
    try (HostMount later = HostMount.memory(below, "1m")) {
      Files.writeString(later.path().resolve("file"), "seen\n");
      container.run("until [ -e /var/slave/later/file ]; do sleep 0.1; done");
      assertEquals("seen\n", container.run("cat /var/slave/later/file"));
      assertEquals("", container.run("ls /var/private/later"));
    }
  }

  /** The process that watches hears of the update, and sees it whole. */
  private static void followsKubelet(ShellContainer container, KubeletVolume config)
      throws IOException {
    container.run("/sys/" + PROGRAM + " watch /var/config > /tmp/events &");
    container.run("/sys/" + PROGRAM + " watch /var/config/kept > /tmp/file-events &");
    container.run("until [ $(cat /tmp/*events | grep -c ready) = 2 ]; do sleep 0.1; done");
    assertEquals("one\n", container.run("cat /var/config/kept"));
    long fastest = Long.MAX_VALUE;
    for (int version = 2; version <= 3; version++) {
      long start = System.nanoTime();
      config.write(version, Map.of("kept", version + "\n", "added", version + "\n"));
      container.run("until grep -q " + version + " /var/config/added; do sleep 0.1; done");
      fastest = Math.min(fastest, System.nanoTime() - start);
      assertEquals(version + "\n", container.run("cat /var/config/kept"));
      container.run("until ! [ -e /var/config/removed ]; do sleep 0.1; done");
    }
    assertInTime(fastest);
    container.run("until [ $(grep -c 'moved ..data$' /tmp/events) = 2 ]; do sleep 0.1; done");
    container.run("until grep -q deleted /tmp/file-events; do sleep 0.1; done");
    assertEquals("..data\n..version_3\nadded\nkept\n", container.run("ls -A /var/config | sort"));
    assertTrue(container.attempt("echo x > /var/config/new").code() != 0);
    // What has outgrown the size below which a volume is watched is still followed.
    config.write(4, Map.of("kept", "z".repeat(GROWN)));
    container.run("until head -c 1 /var/config/kept | grep -q z; do sleep 0.1; done");
    assertEquals(GROWN + "\n", container.run("wc -c < /var/config/kept"));
  }

  /** What is promised of updates, not how fast a machine is: the best of some attempts counts. */
  private static void assertInTime(long nanos) {
    assertTrue(nanos < TimeUnit.SECONDS.toNanos(2), "seen after " + nanos / 1_000_000 + " ms");
  }

  private static void followsKubeletWithoutEvents(ShellContainer container, KubeletVolume large)
      throws IOException {
    long fastest = Long.MAX_VALUE;
    for (String letter : List.of("y", "z")) {
      Map<String, String> files = Map.of("kept", letter.repeat(TOO_LARGE));
      long start = System.nanoTime();
      large.write(letter.equals("y") ? 2 : 3, files);
      container.run("until head -c 1 /var/large/kept | grep -q " + letter + "; do sleep 0.1; done");
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    assertInTime(fastest);
    assertEquals(TOO_LARGE + "\n", container.run("wc -c < /var/large/kept"));
  }
}
