package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** check, env, install and uninstall on this host. */
@ExtendWith(LeavesNothing.class)
final class HostTest {
  @TempDir Path scratch;

  /** A command by the name that Kata's users know. */
  private Command kata(String... arguments) throws IOException {
    Path link = scratch.resolve("kata-runtime");
    if (!Files.exists(link)) {
      Files.createSymbolicLink(link, Dist.BINARY);
    }
    String[] words = new String[arguments.length + 1];
    words[0] = link.toString();
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    return Command.of(words);
  }

  private Path configuration(String text) throws IOException {
    return Files.writeString(scratch.resolve("configuration.toml"), text);
  }

  private static JsonObject json(Command.Result result) throws JsonParserException {
    return JsonParser.object().from(result.output());
  }

  @Test
  void thisHostIsCapable() throws Exception {
    String text = bulkhead("check").run().succeeds().output();
    assertTrue(text.endsWith("\nThis host can run containers.\n"), text);
    for (String subject : new String[] {"user", "KVM", "QEMU", "guest kernel", "guest initrd"}) {
      assertTrue(text.contains(" " + subject + " "), text);
    }
    assertFalse(text.contains("fail "), text);
    String called = kata("kata-check", "-n", "--verbose").run().succeeds().output();
    assertTrue(called.contains("\nSystem is capable of running Kata Containers\n"), called);
    assertTrue(called.endsWith("\nSystem can currently create Kata Containers\n"), called);
    JsonObject report = json(bulkhead("check", "--json").run().succeeds());
    assertTrue(report.getBoolean("capable"));
    assertEquals("root", report.getArray("checks").getObject(0).getString("found"));
  }

  @Test
  void eachLackHasItsRemedy() throws Exception {
    Path file =
        configuration(
            """
            [hypervisor.qemu]
            path = "/no/qemu"
            kernel = "/no/kernel"
            initrd = "%s"
            virtio_fs_daemon = "/no/virtiofsd"
            shared_fs = "virtio-fs"
            """
                .formatted(Files.createFile(scratch.resolve("empty"))));
    String text = kata("--config", file.toString(), "check").run().expect(1).output();
    assertTrue(text.contains("fail     QEMU         not found\n"), text);
    assertTrue(text.contains("-> install the package qemu-system-x86"), text);
    assertTrue(text.contains("fail     guest kernel /no/kernel cannot be read"), text);
    assertTrue(text.contains("/empty is empty or no file"), text);
    assertTrue(text.contains("fail     virtiofsd"), text);
    assertFalse(text.contains("capable"), text);
    assertTrue(
        text.endsWith("This host cannot run containers yet: see each 'fail' above.\n"), text);
    var nobody =
        Command.of("setpriv", "--reuid", "65534", Dist.BINARY.toString(), "check").run().expect(1);
    assertTrue(nobody.output().contains("fail     user         not root"), nobody.output());
    var noTools =
        bulkhead("check", "--strict").environment("PATH", "/nowhere").run().expect(1).output();
    assertTrue(noTools.contains("-> apt-get install skopeo umoci"), noTools);
    var releases = bulkhead("check", "--only-list-releases").run().expect(125);
    assertTrue(releases.errors().contains("would ask a server"), releases.errors());
  }

  @Test
  void tellsWhatItWorksWith() throws Exception {
    Path file = configuration("[hypervisor.qemu]\ndefault_memory = 333\n");
    assertTrue(
        kata("--kata-show-default-config-paths")
            .run()
            .succeeds()
            .output()
            .startsWith("/etc/bulkhead/configuration.toml\n"));
    String toml = kata("--kata-config", file.toString(), "kata-env").run().succeeds().output();
    assertTrue(toml.contains("\nDefaultMemory = 333\n"), toml);
    assertTrue(toml.contains("\n[Runtime.Config]\nPath = \"" + file + "\"\n"), toml);
    assertTrue(toml.contains("\nVMContainerCapable = true\n"), toml);
    JsonObject env = json(bulkhead("--config", file.toString(), "env", "--json").run().succeeds());
    assertEquals(333, env.getObject("Hypervisor").getInt("DefaultMemory"));
    assertTrue(env.getObject("Hypervisor").getString("Version").startsWith("QEMU emulator"));
    assertEquals(
        Files.readString(Path.of("/proc/sys/kernel/osrelease")).trim(),
        env.getObject("Host").getString("Kernel"));
    assertTrue(Files.exists(Path.of(env.getObject("Kernel").getString("Path"))));
    String version = kata("version").run().succeeds().output();
    assertTrue(version.startsWith("kata-runtime version "), version);
    assertEquals(version, kata("--version").run().succeeds().output());
  }

  @Test
  void dockersSettingsAreChangedWithCare() throws Exception {
    Path file = scratch.resolve("daemon.json");
    Path link = Files.createSymbolicLink(scratch.resolve("link.json"), Path.of("daemon.json"));
    String before = "{\n    \"default-runtime\": \"other\",\n    \"mtu\": 1400\n}\n";
    Files.writeString(file, before);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Command.of("chown", "7:8", file.toString()).run().succeeds();
    String[] install = {"install", "docker", "--default", "--config", link.toString()};
    String difference =
        bulkhead("install", "docker", "--default", "--dry-run", "--config", link.toString())
            .run()
            .succeeds()
            .output();
    assertTrue(difference.contains("\n-    \"default-runtime\": \"other\",\n"), difference);
    assertTrue(difference.contains("\n+            \"path\": \"" + Dist.BINARY), difference);
    assertEquals(before, Files.readString(file));
    String told = bulkhead(install).run().succeeds().output();
    assertTrue(told.contains("systemctl reload docker"), told);
    String after = Files.readString(file);
    assertEquals("rw-r----- 7 8", attributes(file));
    Path backup = scratch.resolve("daemon.json.before-bulkhead");
    assertEquals(before, Files.readString(backup));
    assertEquals("rw-r----- 7 8", attributes(backup));
    assertTrue(bulkhead(install).run().succeeds().output().contains("nothing was changed"));
    assertEquals(after, Files.readString(file));
    bulkhead("uninstall", "docker", "--config", link.toString()).run().succeeds();
    assertEquals(before, Files.readString(file));
    assertEquals("rw-r----- 7 8", attributes(file));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals(3, entries());
  }

  @Test
  void containerdsSettingsAreChangedWithCare() throws Exception {
    Path file = scratch.resolve("config.toml");
    String before = "version = 2 # ours\n[grpc]\n  address = \"/run/c.sock\"\n";
    Files.writeString(file, before);
    String[] install = {"install", "containerd", "--untrusted", "--config", file.toString()};
    String difference =
        bulkhead("install", "containerd", "--dry-run", "--config", file.toString())
            .run()
            .succeeds()
            .output();
    assertTrue(
        difference.contains(
            "\n+  runtime_path = \""
                + Dist.BINARY.resolveSibling("containerd-shim-bulkhead-v2")
                + "\"\n"),
        difference);
    assertEquals(before, Files.readString(file));
    String told = bulkhead(install).run().succeeds().output();
    assertTrue(told.contains("systemctl restart containerd"), told);
    assertTrue(bulkhead(install).run().succeeds().output().contains("nothing was changed"));
    bulkhead("uninstall", "containerd", "--config", file.toString()).run().succeeds();
    assertEquals(before, Files.readString(file));
    String objects = bulkhead("install", "kubernetes", "--name", "vm").run().succeeds().output();
    assertTrue(objects.contains("kind: RuntimeClass"), objects);
    assertTrue(objects.contains("\nhandler: vm\n"), objects);
    var docker = bulkhead("install", "docker", "--untrusted").run().expect(125);
    assertTrue(docker.errors().contains("Docker knows no untrusted pods"), docker.errors());
  }

  private static String attributes(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
        + " "
        + Files.getAttribute(file, "unix:uid")
        + " "
        + Files.getAttribute(file, "unix:gid");
  }

  private long entries() throws IOException {
    try (var list = Files.list(scratch)) {
      // The file, the link and nothing else, with the directory itself.
      return list.count() + 1;
    }
  }

  @Test
  void aNewFileGoesWithItsRuntimeAndABrokenOneIsLeft() throws Exception {
    Path file = scratch.resolve("new/daemon.json");
    bulkhead("install", "docker", "--name", "vm", "--config", file.toString()).run().succeeds();
    assertTrue(Files.readString(file).contains("\"vm\""), Files.readString(file));
    bulkhead("uninstall", "docker", "--config", file.toString()).run().succeeds();
    assertTrue(Files.exists(file));
    bulkhead("uninstall", "docker", "--name", "vm", "--config", file.toString()).run().succeeds();
    assertFalse(Files.exists(file));
    Files.writeString(file, "{\n\"mtu\": }");
    var broken = bulkhead("install", "docker", "--config", file.toString()).run().expect(125);
    assertTrue(
        broken.errors().startsWith("bulkhead: " + file + ":2: this is no JSON object"),
        broken.errors());
    assertEquals("{\n\"mtu\": }", Files.readString(file));
    var unknown = bulkhead("install", "nothing").run().expect(125);
    assertTrue(unknown.errors().contains("'nothing' is none of docker, podman"), unknown.errors());
  }
}
