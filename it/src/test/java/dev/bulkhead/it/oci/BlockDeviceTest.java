package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.LoopDevice;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Block devices of the host in a container, as devices and as files: disks of its machine. */
@ExtendWith(LeavesNothing.class)
final class BlockDeviceTest {
  private static final String WAIT = "echo up; while :; do sleep 0.1; done";

  @TempDir Path scratch;

  private static void addDevice(OciContainer container, LoopDevice loop, String at, String access) {
    Map<String, Object> device =
        Map.of("path", at, "type", "b", "major", 7, "minor", loop.minor(), "fileMode", 0640);
    array(container.config().getObject("linux"), "devices").add(new JsonObject(device));
    Map<String, Object> rule =
        Map.of("allow", true, "type", "b", "major", 7, "minor", loop.minor(), "access", access);
    array(resources(container), "devices").add(new JsonObject(rule));
  }

  private static JsonObject resources(OciContainer container) {
    JsonObject linux = container.config().getObject("linux");
    linux.putIfAbsent("resources", new JsonObject());
    return linux.getObject("resources");
  }

  private static JsonArray array(JsonObject object, String key) {
    object.putIfAbsent(key, new JsonArray());
    return object.getArray(key);
  }

  private static void addBind(OciContainer container, String source, String at, String access) {
    JsonObject mount = new JsonObject();
    mount.put("destination", at);
    mount.put("type", "bind");
    mount.put("source", source);
    mount.put("options", JsonArray.from("bind", access));
    container.config().getArray("mounts").add(mount);
  }

  /** The same with clones of templates and with machines that boot. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aContainerHasDisks(boolean template) throws Exception {
    Path configuration =
        Files.writeString(scratch.resolve("c.toml"), "[factory]\ntemplate = " + template + "\n");
    try (LoopDevice writable = LoopDevice.make(scratch, "writable", 8);
        LoopDevice readable = LoopDevice.makeExt4(scratch, "readable", 16);
        LoopDevice file = LoopDevice.make(scratch, "file", 4);
        OciContainer disks = OciContainer.of(scratch, "disks", WAIT)) {
      addDevice(disks, writable, "/dev/data", "rwm");
      addDevice(disks, readable, "/dev/look", "r");
      addBind(disks, file.path(), "/dev/file", "rw");
      addBind(disks, readable.path(), "/dev/again", "ro");
      disks.create().environment("BULKHEAD_CONF_FILE", configuration.toString()).run().succeeds();
      disks.start();
      // As large as on the host, with numbers of the guest's own and the mode that was asked for.
      assertEquals(
          "8388608 16777216 4194304\n",
          disks.exec(
              "echo $(blockdev --getsize64 /dev/data) $(blockdev --getsize64 /dev/look)"
                  + " $(blockdev --getsize64 /dev/file)"));
      String nodes = disks.exec("stat -c '%F %t %a' /dev/data /dev/look");
      assertTrue(nodes.matches("(block special file [0-9a-f]+ 640\n){2}"), nodes);
      assertTrue(!nodes.contains("file 7 "), nodes);
      disks.exec("echo written | dd of=/dev/data bs=512 seek=9 conv=notrunc,fsync");
      assertEquals("written\n", writable.read(9, 8));
      disks.exec("echo filed | dd of=/dev/file bs=512 seek=3 conv=notrunc,fsync");
      assertEquals("filed\n", file.read(3, 6));
      // Superblock's magic number of ext4, and no way to write it, not for the guest's root either.
      assertEquals(
          "53 ef\n", disks.exec("dd if=/dev/look bs=1 skip=1080 count=2 | od -An -tx1 | cut -c2-"));
      assertEquals(
          "refused refused\n",
          disks.exec(
              "for d in look again; do if echo x | dd of=/dev/$d conv=notrunc,fsync 2>/dev/null;"
                  + " then echo written; else echo refused; fi; done | xargs"));
      assertEquals("\0\0", readable.read(0, 2));
    }
  }

  @Test
  void whatIsNoDiskOrOneTooManyIsRefused() throws Exception {
    try (LoopDevice disk = LoopDevice.make(scratch, "disk", 1);
        OciContainer refused = OciContainer.of(scratch, "refused", WAIT)) {
      addBind(refused, "/dev/null", "/dev/zilch", "rw");
      refused.create().run().expect(125);
      assertEquals(
          "the volume '/dev/null' is a character device, which a virtual machine cannot share",
          refused.lastError());
      refused.config().getArray("mounts").removeLast();
      Path socket = scratch.resolve("socket");
      try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        listener.bind(UnixDomainSocketAddress.of(socket));
        addBind(refused, socket.toString(), "/dev/socket", "rw");
        refused.create().run().expect(125);
      }
      assertEquals(
          "the volume '"
              + socket
              + "' is a socket or fifo, whose other side is on the host: a virtual machine cannot"
              + " reach it",
          refused.lastError());
      refused.config().getArray("mounts").removeLast();
      addBind(refused, disk.path(), "/dev/disk", "rw");
      Path configuration =
          Files.writeString(scratch.resolve("c.toml"), "[hypervisor.qemu]\ndefault_bridges = 0\n");
      Command create = refused.create().environment("BULKHEAD_CONF_FILE", configuration.toString());
      create.run().expect(125);
      assertTrue(refused.lastError().contains("default_bridges"), refused.lastError());
      // A rule for everything, as of a privileged container, gives none of the host's disks.
      refused.config().getArray("mounts").removeLast();
      addDevice(refused, disk, "/dev/disk", "rwm");
      resources(refused).getArray("devices").clear();
      resources(refused)
          .getArray("devices")
          .add(new JsonObject(Map.of("allow", true, "access", "rwm")));
      refused.create().run().succeeds();
      refused.start();
      assertEquals("", refused.exec("ls /sys/block | grep vd; true"));
    }
  }
}
