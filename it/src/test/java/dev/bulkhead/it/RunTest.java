package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static dev.bulkhead.it.Dist.runBusybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bulkhead run} of a directory: what a user sees of a command in a virtual machine. */
@ExtendWith(LeavesNothing.class)
final class RunTest {
  @TempDir Path scratch;

  /** However deep: else nobody could run anything any more until somebody removes it by hand. */
  @Test
  void whatAContainerMadeIsRemoved() {
    String script =
        "i=0; while [ $i -lt 1100 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done; mkdir e";
    List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -Sn 1024; exec \"$@\"", ""));
    limited.addAll(runBusybox("sh", "-c", script).words());
    Command.of(limited).run().succeeds();
  }

  @Test
  void runsUnderAnotherKernel() {
    String host = Command.of("uname", "-r").run().succeeds().output();
    String guest = runBusybox("uname", "-r").run().succeeds().output();
    assertNotEquals(host, guest);
    assertTrue(guest.matches("\\d+\\.\\d+.*\n"), guest);
  }

  /** Machines that QEMU translates count no pressure, until somebody wants it. */
  @Test
  void parametersOfTheConfigurationWin() throws IOException {
    Path configuration =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            "[hypervisor.qemu]\nkernel_params = \"psi=1\"\n[factory]\ntemplate = false\n");
    String pressure =
        bulkhead(
                "--config",
                configuration.toString(),
                "run",
                busybox().toString(),
                "cat",
                "/proc/pressure/cpu")
            .run()
            .succeeds()
            .output();
    assertTrue(pressure.startsWith("some avg10="), pressure);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 42, 125, 255})
  void passesTheExitCodeOn(int code) {
    runBusybox("sh", "-c", "exit " + code).run().expect(code);
  }

  @Test
  void tellsASignalAsShellsDo() {
    runBusybox("sh", "-c", "sh -c 'kill -KILL $$'; exit $?").run().expect(137);
  }

  @Test
  void keepsTheStreamsApart() {
    var result = runBusybox("sh", "-c", "echo out; echo err >&2").run().succeeds();
    assertEquals("out\n", result.output());
    assertTrue(result.errors().endsWith("err\n"), result.errors());
  }

  @Test
  void passesStandardInputToItsEnd() {
    var result = runBusybox("sh", "-c", "cat; echo end").input("one\ntwo\n").run().succeeds();
    // Without -i there is no standard input, as with docker run.
    assertEquals("end\n", result.output());
    result =
        bulkhead("run", "-i", busybox().toString(), "sh", "-c", "cat; echo end")
            .input("one\ntwo\n")
            .run()
            .succeeds();
    assertEquals("one\ntwo\nend\n", result.output());
  }

  @Test
  void setsEnvironmentDirectoryUserAndHostname() {
    var result =
        bulkhead(
                "run",
                "-e",
                "GREETING=hello world",
                "-w",
                "/tmp/made",
                "-u",
                "nobody",
                "--hostname",
                "vessel",
                busybox().toString(),
                "sh",
                "-c",
                "echo $GREETING; pwd; id -u; id -g; hostname")
            .run()
            .succeeds();
    assertEquals("hello world\n/tmp/made\n65534\n65534\nvessel\n", result.output());
  }

  @Test
  void sharesVolumesAsAsked() throws Exception {
    Path writable = Files.createDirectory(scratch.resolve("w"));
    Path readOnly = Files.createDirectory(scratch.resolve("r"));
    Files.writeString(readOnly.resolve("given"), "given");
    Path file = Files.writeString(scratch.resolve("file"), "file");
    var result =
        bulkhead(
                "run",
                "-v",
                writable + ":/w",
                "-v",
                readOnly + ":/r:ro",
                "-v",
                file + ":/etc/file:ro",
                busybox().toString(),
                "sh",
                "-c",
                "cat /r/given /etc/file; echo made > /w/made; echo x > /r/x; echo y > /etc/file")
            .run()
            .expect(1);
    assertEquals("givenfile", result.output());
    assertEquals("made\n", Files.readString(writable.resolve("made")));
    assertFalse(Files.exists(readOnly.resolve("x")));
    assertEquals("file", Files.readString(file));
  }

  @Test
  void containersOfOneImageDoNotSeeEachOthersWrites() {
    runBusybox("sh", "-c", "echo mine > /etc/mine; rm /bin/vi; ls /etc/mine").run().succeeds();
    assertFalse(Files.exists(busybox().resolve("etc/mine")));
    assertTrue(Files.exists(busybox().resolve("bin/vi"), java.nio.file.LinkOption.NOFOLLOW_LINKS));
    runBusybox("sh", "-c", "test ! -e /etc/mine && test -e /bin/vi").run().succeeds();
  }

  @Test
  void sizesTheMachine() {
    var result =
        bulkhead(
                "run",
                "-m",
                "200m",
                "--cpus",
                "2",
                busybox().toString(),
                "sh",
                "-c",
                "nproc; cat /sys/fs/cgroup/memory.max")
            .run()
            .succeeds();
    assertEquals("2\n" + (200L << 20) + "\n", result.output());
  }

  @Test
  void theContainerSeesOnlyItself() {
    var result =
        runBusybox(
                "sh",
                "-c",
                "ls /proc | grep -c '^[0-9]'; cat /proc/1/comm; cat /proc/self/cgroup;"
                    + " grep -c . /proc/mounts; ls /lib/modules 2>&1; ls /sys/fs/cgroup | head -1")
            .run()
            .succeeds();
    assertTrue(result.output().startsWith("3\nsh\n0::/\n"), result.output());
  }
}
