package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The other way of sharing files: {@code shared_fs = "virtio-fs"}. */
@ExtendWith(LeavesNothing.class)
final class VirtioFsTest {
  private static final long CAP_SYS_RESOURCE = 1L << 24;

  /** CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID, MKNOD and SETFCAP. */
  private static final long CAPABILITIES = 0x880000DBL;

  private static final int MANY = 30_000;

  /** Of which most crashed the guest. */
  private static final int MOUNT_ROUNDS = 4;

  /** Descriptors that are no files of the guest's. */
  private static final int RESERVE = 4_000;

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

  /**
   * Such a mount is one of the guest's too, and was freed, with the last process in it, before the
   * daemon had answered that the process's program was closed (Linux 6.1.176).
   */
  @Test
  void aContainerEndsInAMountBelowAVolume() throws Exception {
    Path volume = Files.createDirectory(scratch.resolve("v"));
    Path below = Files.createDirectories(volume.resolve("a/b"));
    Command.of("mount", "-t", "tmpfs", "tmpfs", below.toString()).run().succeeds();
    try {
      Files.copy(busybox().resolve("bin/busybox"), below.resolve("sh"));
      for (int round = 0; round < MOUNT_ROUNDS; round++) {
        var result =
            run(
                    List.of("-v", volume + ":/v"),
                    "exec /v/a/b/sh -c 'grep -c \" /v/a/b virtiofs \" /proc/mounts'")
                .run()
                .succeeds();
        assertEquals("1\n", result.output());
      }
    } finally {
      Command.of("umount", below.toString()).run().succeeds();
    }
  }

  @Test
  void theDaemonMayDoWhatItNeedsAndNoMore() throws Exception {
    Process run = run(List.of("-i"), "echo up; cat").start();
    try {
      assertEquals("up", run.inputReader().readLine());
      Path daemon = Path.of("/proc", Long.toString(daemon(run).pid()));
      List<String> status = Files.readAllLines(daemon.resolve("status"));
      assertTrue(status.contains("NoNewPrivs:\t1"), status::toString);
      assertTrue(status.contains("Seccomp:\t2"), status::toString);
      for (String set : List.of("CapEff", "CapPrm", "CapInh", "CapAmb")) {
        assertEquals(0, capabilities(status, set) & ~CAPABILITIES, status::toString);
      }
      for (String kind : List.of("mnt", "net", "pid", "ipc", "uts")) {
        assertNotEquals(
            Files.readSymbolicLink(Path.of("/proc/self/ns", kind)),
            Files.readSymbolicLink(daemon.resolve("ns").resolve(kind)),
            kind);
      }
      // It sees what it shares and nothing else.
      try (Stream<Path> root = Files.list(daemon.resolve("root"))) {
        assertEquals(
            List.of("containers"), root.map(path -> path.getFileName().toString()).toList());
      }
    } finally {
      run.getOutputStream().close();
    }
    assertEquals(0, run.waitFor());
  }

  private static ProcessHandle daemon(Process run) {
    return run.descendants()
        .filter(process -> process.info().command().orElse("").contains("virtiofsd"))
        .findFirst()
        .orElseThrow();
  }

  private static long capabilities(List<String> status, String set) {
    String line =
        status.stream().filter(each -> each.startsWith(set + ":")).findFirst().orElseThrow();
    return Long.parseLong(line.substring(line.lastIndexOf('\t') + 1), 16);
  }

  /** What a configuration asks for reaches the daemon and the guest. */
  @Test
  void optionsArrive() throws Exception {
    Files.writeString(
        configuration,
        "virtio_fs_cache = \"always\"\nvirtio_fs_extra_args = [\"--thread-pool-size=1\"]\n",
        StandardOpenOption.APPEND);
    Process run = run(List.of("-i"), "echo up; cat").start();
    try {
      assertEquals("up", run.inputReader().readLine());
      String words = Files.readString(Path.of("/proc/" + daemon(run).pid() + "/cmdline"));
      assertTrue(words.contains("cache=always"), words);
      assertTrue(words.endsWith("\0--thread-pool-size=1\0"), words);
    } finally {
      run.getOutputStream().close();
    }
    assertEquals(0, run.waitFor());
    Files.writeString(configuration, "[hypervisor.qemu]\nmsize_9p = 65536\ncache_9p = \"none\"\n");
    String mounts = run(List.of(), "grep ' / 9p ' /proc/mounts").run().succeeds().output();
    assertTrue(mounts.contains("msize=65536"), mounts);
    assertFalse(mounts.contains("cache="), mounts);
  }

  /** Clones cannot have it, so where machines are clones it is 9p. */
  @Test
  void autoTakesItWhereMachinesBoot() throws Exception {
    String auto = "[hypervisor.qemu]\nshared_fs = \"auto\"\n";
    Files.writeString(configuration, auto + "[factory]\ntemplate = false\n");
    assertTrue(env().contains("\"SharedFS\":\"virtio-fs\""), env());
    assertEquals("1\n", run(List.of(), "grep -c ' / virtiofs ' /proc/mounts").run().output());
    Files.writeString(configuration, auto);
    assertTrue(env().contains("\"SharedFS\":\"virtio-9p\""), env());
  }

  /**
   * The daemon holds each file open that the guest has looked at, and ends with all of them. Who
   * may raise a hard limit gets beyond the caller's.
   */
  @Test
  void theGuestLooksAtMoreFilesThanItsCallerMayOpen() throws Exception {
    int files = mayRaiseHardLimits() ? MANY : (int) Math.min(MANY, hardLimit() - RESERVE);
    String limits = "ulimit -Sn 1024; " + (mayRaiseHardLimits() ? "ulimit -Hn 4096; " : "");
    Path many = Files.createDirectory(scratch.resolve("many"));
    Command.of("sh", "-c", "cd $0; seq $1 | xargs touch", many + "", files + "").run().succeeds();
    List<String> words = new ArrayList<>(List.of("sh", "-c", limits + "exec \"$@\"", "sh"));
    words.addAll(run(List.of("-v", many + ":/v"), "ls -l /v | grep -c '^-'").words());
    assertEquals(files + "\n", Command.of(words).run().succeeds().output());
  }

  private static long hardLimit() throws IOException {
    return Long.parseLong(
        Command.of("sh", "-c", "ulimit -Hn")
            .run()
            .succeeds()
            .output()
            .replace("unlimited", "" + Integer.MAX_VALUE)
            .trim());
  }

  private static boolean mayRaiseHardLimits() throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
    return (capabilities(status, "CapEff") & CAP_SYS_RESOURCE) != 0;
  }

  private String env() {
    return bulkhead("--config", configuration.toString(), "env", "--json").run().output();
  }

  @Test
  void aDaemonThatDiesEndsTheCommandWithItsReason() throws Exception {
    Process run = run(List.of(), "echo up; sleep 1000").start();
    assertEquals("up", run.inputReader().readLine());
    daemon(run).destroyForcibly();
    assertTrue(run.waitFor(60, TimeUnit.SECONDS), "still running");
    assertEquals(125, run.exitValue());
    String errors = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(errors.contains("virtiofsd was ended by SIGKILL"), errors);
  }
}
