package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.LoopDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Volumes that the guest mounts from their devices, by Kata's {@code direct-volume}. */
@ExtendWith(LeavesNothing.class)
final class DirectVolumeTest {
  private static final Path VOLUMES = Path.of("/run/kata-containers/shared/direct-volumes");
  private static final long MIB = 1 << 20;

  @TempDir Path scratch;

  private static Command volume(String action, Path path, String... options) {
    List<String> words =
        new ArrayList<>(List.of("direct-volume", action, "--volume-path", path.toString()));
    words.addAll(List.of(options));
    return Dist.bulkhead(words.toArray(String[]::new));
  }

  private static JsonArray usage(Path path) {
    return OciContainer.json(volume("stats", path).run().succeeds().output()).getArray("usage");
  }

  @Test
  void theGuestMountsItTellsHowFullItIsAndGrowsIt() throws IOException {
    Path path = Files.createDirectory(scratch.resolve("volume"));
    Path entry =
        VOLUMES.resolve(
            Base64.getUrlEncoder()
                .encodeToString(path.toString().getBytes(StandardCharsets.UTF_8)));
    try (LoopDevice loop = LoopDevice.makeExt4(scratch, "disk", 32)) {
      String info =
          "{\"volume-type\": \"block\", \"device\": \"%s\", \"fstype\": \"ext4\","
              + " \"metadata\": {}, \"options\": [\"noatime\"]}";
      volume("add", path, "--mount-info", info.formatted(loop.path())).run().succeeds();
      assertTrue(Files.exists(entry.resolve("mountInfo.json")));
      String unused = volume("stats", path).run().expect(125).errors();
      assertTrue(unused.contains("no running container uses"), unused);
      try (OciContainer user =
          OciContainer.of(scratch, "user", "echo up; while :; do sleep 0.1; done")) {
        JsonObject mount = new JsonObject();
        mount.put("destination", "/tmp");
        mount.put("type", "bind");
        mount.put("source", path.toString());
        mount.put("options", JsonArray.from("rbind", "rw"));
        user.config().getArray("mounts").add(mount);
        user.create().run().succeeds();
        user.start();
        String mounted = user.exec("grep ' /tmp ' /proc/mounts; echo kept > /tmp/file; sync");
        assertTrue(mounted.matches("(?s)/dev/vda /tmp ext4 rw,\\S*noatime.*"), mounted);
        // Nobody else may mount it meanwhile.
        String busy = Command.of("mount", loop.path(), path.toString()).run().errors();
        assertTrue(busy.contains("busy") || busy.contains("already mounted"), busy);
        JsonObject bytes = usage(path).getObject(0);
        assertEquals(1, bytes.getInt("unit"));
        assertTrue(bytes.getLong("total") < 32 * MIB, bytes.toString());
        assertEquals(2, usage(path).getObject(1).getInt("unit"));
        loop.resize(64);
        volume("resize", path, "--size", "64m").run().succeeds();
        long grown = usage(path).getObject(0).getLong("total");
        assertTrue(grown > 48 * MIB, Long.toString(grown));
        assertEquals("kept\n", user.exec("cat /tmp/file"));
      }
      removesNothingOfWhatIsMountedThere(path, entry);
      volume("remove", path).run().succeeds();
      assertTrue(Files.notExists(entry));
    }
    assertEquals(List.of(), list(path));
    String wrong = volume("add", path, "--mount-info", "{}").run().expect(125).errors();
    assertTrue(wrong.contains("volume-type ''"), wrong);
  }

  private void removesNothingOfWhatIsMountedThere(Path path, Path entry) throws IOException {
    Path kept = Files.createDirectories(scratch.resolve("kept/below"));
    Files.writeString(kept.resolve("file"), "kept");
    Path mountPoint = Files.createDirectory(entry.resolve("mounted"));
    Command.of("mount", "--bind", scratch.resolve("kept") + "", mountPoint + "").run().succeeds();
    try {
      String busy = volume("remove", path).run().expect(125).errors();
      assertTrue(busy.contains("/mounted: Resource busy"), busy);
      assertEquals("kept", Files.readString(kept.resolve("file")));
    } finally {
      Command.of("umount", mountPoint.toString()).run().succeeds();
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
