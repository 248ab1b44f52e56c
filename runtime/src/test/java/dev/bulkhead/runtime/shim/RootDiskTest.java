package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.shimapi.Mount;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RootDiskTest {
  private static Mount mount(String type, String source, String... options) {
    return Mount.DEFAULT.withType(type).withSource(source).withOptions(List.of(options));
  }

  @Test
  void whatIsNoDiskIsMountedAsItIs() {
    assertEquals(Optional.empty(), RootDisk.of(List.of()));
    Mount overlay = mount("overlay", "overlay", "lowerdir=/a", "upperdir=/b", "workdir=/c");
    assertEquals(Optional.empty(), RootDisk.of(List.of(overlay)));
    Mount bind = mount("bind", "/a", "rbind");
    assertEquals(Optional.empty(), RootDisk.of(List.of(bind, overlay)));
  }

  @Test
  void theGuestIsNotToldOfTheHostsLoop() {
    RootDisk disk = new RootDisk(mount("ext4", "/a", "loop", "noatime", "ro"));
    assertEquals(List.of("noatime", "ro"), disk.options());
    assertEquals("/a", disk.source());
  }
}
