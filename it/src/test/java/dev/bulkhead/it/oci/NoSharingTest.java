package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Machines that share no files with the host: {@code shared_fs = "none"}. */
@ExtendWith(LeavesNothing.class)
final class NoSharingTest {
  @TempDir Path scratch;
  private Path configuration;
  private Path image;

  @BeforeEach
  void configure() throws IOException {
    configure("");
    image = scratch.resolve("image");
    Command.of("cp", "-a", Dist.busybox().toString(), image.toString()).run().succeeds();
  }

  private void configure(String more) throws IOException {
    configuration =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            """
            [hypervisor.qemu]
            shared_fs = "none"
            [image]
            store = "%s/store"
            %s
            """
                .formatted(scratch, more));
  }

  private Command run(List<String> options, String script) {
    return Dist.bulkhead(
        Stream.of(
                List.of("--config", configuration.toString(), "run"),
                options,
                List.of(image.toString(), "sh", "-c", script))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }

  private List<Path> images() throws IOException {
    try (Stream<Path> files = Files.list(scratch.resolve("store/erofs"))) {
      return files.filter(file -> file.toString().endsWith(".erofs")).sorted().toList();
    }
  }

  @Test
  void theRootIsAnImageBelowAWritableLayerAndVolumesAreCopies() throws Exception {
    Path volume = Files.createDirectories(scratch.resolve("v/..data_1"));
    Files.writeString(volume.resolve("key"), "value\n");
    Files.createSymbolicLink(scratch.resolve("v/..data"), Path.of("..data_1"));
    Files.createSymbolicLink(scratch.resolve("v/key"), Path.of("..data/key"));
    Path large = scratch.resolve("large");
    Command.of("dd", "if=/dev/urandom", "of=" + large, "bs=1k", "count=3000").run().succeeds();
    Command.Result result =
        run(
                List.of("-v", scratch.resolve("v") + ":/v:ro", "-v", large + ":/large"),
                "grep -c 9p /proc/mounts; grep -o '^overlay / overlay rw' /proc/mounts;"
                    + " cat /v/key; readlink /v/..data; md5sum < /large; echo own > /etc/own;"
                    + " cat /etc/own; stat -c '%u:%g %a' /etc; echo x > /v/x || echo refused;"
                    + " dd if=/dev/zero of=/fill bs=1M count=400 2>&1 | grep -c 'No space'")
            .run()
            .succeeds();
    String digest = Command.of("sh", "-c", "md5sum < " + large).run().output();
    assertEquals(
        "0\noverlay / overlay rw\nvalue\n..data_1\n" + digest + "own\n0:0 755\nrefused\n1\n",
        result.output());
    assertTrue(Files.notExists(image.resolve("etc/own")));
    assertEquals(1, images().size());
  }

  @Test
  void eachContentHasOneImageAndTheOldestGoes() throws Exception {
    configure("root_limit = 3\n[factory]\ntemplate = false");
    assertEquals("", run(List.of(), "true").run().succeeds().output());
    List<Path> first = images();
    run(List.of(), "true").run().succeeds();
    assertEquals(first, images());
    Files.writeString(image.resolve("etc/changed"), "changed\n");
    assertEquals("changed\n", run(List.of(), "cat /etc/changed").run().succeeds().output());
    // As large and as old as before, and still another content.
    FileTime before = Files.getLastModifiedTime(image.resolve("etc/changed"));
    Files.writeString(image.resolve("etc/changed"), "CHANGED\n");
    Files.setLastModifiedTime(image.resolve("etc/changed"), before);
    assertEquals("CHANGED\n", run(List.of(), "cat /etc/changed").run().succeeds().output());
    assertEquals(1, images().size());
    assertTrue(!images().equals(first), images().toString());
  }

  @Test
  void whatCannotBeCopiedIsRefused() throws Exception {
    Path directory = Files.createDirectory(scratch.resolve("d"));
    String writable = run(List.of("-v", directory + ":/d"), "true").run().expect(125).errors();
    assertTrue(writable.contains("nothing comes back to the host; mount it read-only"), writable);
    Command.of("truncate", "-s", "17M", directory.resolve("large").toString()).run().succeeds();
    String large = run(List.of("-v", directory + ":/d:ro"), "true").run().expect(125).errors();
    assertTrue(large.contains("at most 1000 files of 16 MiB together"), large);
  }

  /** What kubelet makes for a pod is the guest's own, with the size of what lies in memory. */
  @Test
  void emptyDirectoriesOfPodsAreTheGuests() throws Exception {
    Path place =
        Files.createDirectories(scratch.resolve("pod/volumes/kubernetes.io~empty-dir/disk"));
    Path memory = Files.createDirectory(place.resolveSibling("memory"));
    Command.of("chown", "7:8", place.toString()).run().succeeds();
    Command.of("chmod", "2770", place.toString()).run().succeeds();
    Command.of("mount", "-t", "tmpfs", "-o", "size=1m,mode=1777", "tmpfs", memory.toString())
        .run()
        .succeeds();
    try {
      assertEquals(
          "2770 7:8\n1777 0:0\nfull\n",
          run(
                  List.of("-v", place + ":/disk", "-v", memory + ":/memory"),
                  "stat -c '%a %u:%g' /disk /memory; dd if=/dev/zero of=/disk/f bs=1M count=4"
                      + " 2>/dev/null && ! dd if=/dev/zero of=/memory/f bs=1M count=4 2>/dev/null"
                      + " && echo full")
              .run()
              .succeeds()
              .output());
    } finally {
      Command.of("umount", memory.toString()).run().succeeds();
    }
    assertEquals(0, place.toFile().list().length);
    String below =
        run(List.of("-v", Files.createDirectory(place.resolve("sub")) + ":/d"), "true")
            .run()
            .expect(125)
            .errors();
    assertTrue(below.contains("use an emptyDir of a pod"), below);
  }

  /** As Docker does it: a path, and files that engines write. */
  @Test
  void theCommandLineHasItToo() throws Exception {
    try (OciContainer copied =
        OciContainer.of(scratch, "copied", "echo up; while :; do sleep 0.1; done")) {
      copied.config().getObject("root").put("readonly", false);
      JsonObject hosts = new JsonObject();
      hosts.put("destination", "/etc/hosts");
      hosts.put("type", "bind");
      Files.writeString(scratch.resolve("hosts"), "127.0.0.1 localhost\n");
      hosts.put("source", scratch.resolve("hosts").toString());
      hosts.put("options", JsonArray.from("rbind", "rprivate"));
      copied.config().getArray("mounts").add(hosts);
      copied.create().environment("BULKHEAD_CONF_FILE", configuration.toString()).run().succeeds();
      copied.start();
      assertEquals("127.0.0.1 localhost\n", copied.exec("cat /etc/hosts"));
      assertEquals("made\n", copied.exec("echo made > /made; cat /made"));
    }
    assertTrue(Files.notExists(Dist.busybox().resolve("made")));
  }
}
