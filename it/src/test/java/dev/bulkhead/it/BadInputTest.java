package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static dev.bulkhead.it.Dist.runBusybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Each mistake gets one clear line and its exit code, and leaves nothing. */
@ExtendWith(LeavesNothing.class)
final class BadInputTest {
  @TempDir Path scratch;

  /** The one line, without the notice that a host without KVM gets. */
  private static String line(Command.Result result) {
    List<String> lines = result.errors().lines().filter(line -> !line.contains("KVM is")).toList();
    assertEquals(1, lines.size(), result.errors());
    return lines.getFirst();
  }

  private static void refused(int code, String words, Command command) {
    String line = line(command.run().expect(code));
    assertTrue(line.contains(words), line);
  }

  private Path configuration(String text) throws IOException {
    return Files.writeString(scratch.resolve("configuration.toml"), text);
  }

  private Command withConfiguration(String text) throws IOException {
    return bulkhead(
        "--config", configuration(text).toString(), "run", busybox().toString(), "true");
  }

  @Test
  void anImageThatIsNotThere() {
    refused(125, "/no/such/image' does not exist", bulkhead("run", "/no/such/image", "true"));
  }

  @Test
  void aFileInsteadOfADirectory() throws Exception {
    Path file = Files.writeString(scratch.resolve("file"), "");
    refused(125, "is not a directory", bulkhead("run", file.toString(), "true"));
  }

  @Test
  void aDirectoryThatIsNoRootFileSystem() {
    refused(125, "is no root file system", bulkhead("run", scratch.toString(), "true"));
  }

  @Test
  void aCommandThatIsNotThere() {
    refused(127, "executable file not found in $PATH", runBusybox("no-such-command"));
    refused(127, "no such file or directory", runBusybox("/no/such/command"));
  }

  @Test
  void aCommandThatCannotBeExecuted() {
    refused(126, "permission denied", runBusybox("/etc/passwd"));
    refused(126, "permission denied", runBusybox("/etc"));
  }

  @Test
  void noCommandAtAll() {
    refused(125, "command", bulkhead("run", busybox().toString()));
  }

  @Test
  void anUnknownOption() {
    refused(125, "--memroy", bulkhead("run", "--memroy", "1g", busybox().toString(), "true"));
  }

  @Test
  void aVolumeThatIsNotThere() {
    refused(
        125,
        "/no/such/volume",
        bulkhead("run", "-v", "/no/such/volume:/v", busybox().toString(), "true"));
  }

  @Test
  void anUnknownUser() {
    refused(125, "nobody-knows", bulkhead("run", "-u", "nobody-knows", busybox().toString(), "id"));
  }

  @Test
  void aConfigurationThatIsBroken() throws Exception {
    refused(125, "configuration.toml:2", withConfiguration("[runtime]\nthis is no TOML\n"));
    refused(
        125,
        "configuration.toml:2: unknown key 'hypervisor.qemu.no_such_key'",
        withConfiguration("[hypervisor.qemu]\nno_such_key = 1\n"));
    refused(
        125,
        "configuration.toml:3: hypervisor.qemu.default_vcpus",
        withConfiguration("[hypervisor.qemu]\n\ndefault_vcpus = \"many\"\n"));
    refused(
        125,
        "does not exist",
        bulkhead("--config", "/no/such.toml", "run", busybox().toString(), "true"));
  }

  @Test
  void memoryBelowWhatBoots() throws Exception {
    refused(125, "default_memory", withConfiguration("[hypervisor.qemu]\ndefault_memory = 8\n"));
  }

  @Test
  void aKernelThatIsNone() throws Exception {
    Path fake = Files.writeString(scratch.resolve("vmlinux"), "no kernel");
    refused(
        125, fake.toString(), withConfiguration("[hypervisor.qemu]\nkernel = \"" + fake + "\"\n"));
    refused(125, "/no/kernel", withConfiguration("[hypervisor.qemu]\nkernel = \"/no/kernel\"\n"));
  }

  @Test
  void aMissingHypervisor() throws Exception {
    refused(
        125, "qemu-system-x86", withConfiguration("[hypervisor.qemu]\npath = \"/no/such/qemu\"\n"));
  }
}
