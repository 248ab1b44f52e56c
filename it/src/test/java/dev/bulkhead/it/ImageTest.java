package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.bulkhead;
import static dev.bulkhead.it.Dist.busybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Images in layouts, archives and a registry, made by the tools that users make them with. */
@ExtendWith(LeavesNothing.class)
final class ImageTest {
  private static final Path STORE = Path.of("/var/lib/bulkhead");

  @TempDir static Path scratch;
  private static Path layout;
  private static Path archive;

  @BeforeAll
  static void makeImages() {
    layout = scratch.resolve("layout");
    archive = scratch.resolve("archive.tar");
    Path bundle = scratch.resolve("bundle");
    String image = layout + ":v1";
    tool("umoci", "init", "--layout", layout.toString());
    tool("umoci", "new", "--image", image);
    tool("umoci", "unpack", "--image", image, bundle.toString());
    tool("cp", "-a", busybox() + "/.", bundle.resolve("rootfs").toString());
    tool("umoci", "repack", "--image", image, bundle.toString());
    tool(
        "umoci",
        "config",
        "--image",
        image,
        "--config.cmd=sh",
        "--config.cmd=-c",
        "--config.cmd=echo $MARK in $(pwd) as $(id -u)",
        "--config.env=MARK=" + scratch.getFileName(),
        "--config.workingdir=/var",
        "--config.user=nobody");
    tool("skopeo", "copy", "oci:" + image, "docker-archive:" + archive + ":localhost/made:v1");
  }

  private static void tool(String... words) {
    Command.of(words).run().succeeds();
  }

  private static String expected() {
    return scratch.getFileName() + " in /var as 65534\n";
  }

  @Test
  void aLayoutIsUnpackedOnce() throws Exception {
    String image = "oci:" + layout + ":v1";
    assertEquals(expected(), bulkhead("run", image).run().succeeds().output());
    long unpacked = countImages();
    // With nothing to unpack no other program is needed.
    var again = bulkhead("run", "oci:" + layout).environment("PATH", "/usr/bin:/usr/sbin");
    assertEquals(expected(), again.run().succeeds().output());
    assertEquals(unpacked, countImages());
  }

  @Test
  void anArchiveOfDockerRuns() {
    var result = bulkhead("run", "docker-archive:" + archive).run().succeeds();
    assertEquals(expected(), result.output());
  }

  @Test
  void theCommandLineWinsOverTheImage() {
    var result =
        bulkhead("run", "-u", "root", "-w", "/etc", "oci:" + layout, "sh", "-c", "id -u; pwd")
            .run()
            .succeeds();
    assertEquals("0\n/etc\n", result.output());
  }

  @Test
  void aTagThatIsNotThere() {
    var result = bulkhead("run", "oci:" + layout + ":v2", "true").run().expect(125);
    assertTrue(result.errors().contains("has no image 'v2'; it has [v1]"), result.errors());
  }

  @Test
  void aRegistryIsAskedOnce() throws Exception {
    Path configuration =
        Files.writeString(
            scratch.resolve("registry.yml"),
            """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: %s
            http:
              addr: 127.0.0.1:5973
            """
                .formatted(scratch.resolve("registry")));
    String name = "127.0.0.1:5973/made:" + System.nanoTime();
    Process registry =
        new ProcessBuilder("docker-registry", "serve", configuration.toString())
            .redirectErrorStream(true)
            .start();
    try {
      awaitLine(registry, "listening on");
      tool(
          "skopeo", "copy", "--dest-tls-verify=false", "oci:" + layout + ":v1", "docker://" + name);
      assertEquals(expected(), bulkhead("run", name).run().succeeds().output());
    } finally {
      registry.destroy();
      registry.waitFor();
    }
    assertEquals(expected(), bulkhead("run", name).run().succeeds().output());
    var result = bulkhead("run", "--pull", "always", name).run().expect(125);
    assertTrue(result.errors().contains("cannot fetch the image '" + name + "'"), result.errors());
    result = bulkhead("run", "--pull", "never", "127.0.0.1:5973/other").run().expect(125);
    assertTrue(result.errors().contains("is not there"), result.errors());
  }

  private static void awaitLine(Process process, String words) throws IOException {
    BufferedReader reader = process.inputReader();
    String line = reader.readLine();
    while (line != null && !line.contains(words)) {
      line = reader.readLine();
    }
    // What it says from now on must not stop it.
    Thread.startVirtualThread(() -> reader.lines().forEach(rest -> {}));
  }

  private static long countImages() throws IOException {
    try (Stream<Path> images = Files.list(STORE.resolve("images"))) {
      return images.count();
    }
  }
}
