package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.linux.Mounts;
import java.util.List;
import org.junit.jupiter.api.Test;

class RootMountsTest {
  @Test
  void flagsAndTheFileSystemsOwnOptionsAreToldApart() {
    RootMounts.Options options =
        RootMounts.Options.parse(
            List.of("index=off", "ro", "workdir=/w", "upperdir=/u", "lowerdir=/a/1/fs:/a/2/fs"));
    assertEquals(Mounts.MS_RDONLY, options.flags());
    assertEquals(List.of("/a/1/fs", "/a/2/fs"), options.lower());
    assertEquals("index=off,workdir=/w,upperdir=/u,lowerdir=/a/1/fs:/a/2/fs", options.text(""));
    assertEquals(
        Mounts.MS_BIND | Mounts.MS_REC, RootMounts.Options.parse(List.of("rbind", "rw")).flags());
  }

  @Test
  void manyLayersAreNamedFromWhereTheyAllLie() {
    RootMounts.Options options =
        RootMounts.Options.parse(List.of("lowerdir=/s/snapshots/12/fs:/s/snapshots/1/fs"));
    assertEquals("/s/snapshots/", options.commonDirectory());
    assertEquals("lowerdir=12/fs:1/fs", options.text(options.commonDirectory()));
    RootMounts.Options escaped =
        RootMounts.Options.parse(List.of("lowerdir=/s/with\\:colon/fs:/t/fs"));
    assertEquals(List.of("/s/with\\:colon/fs", "/t/fs"), escaped.lower());
    assertEquals("/", escaped.commonDirectory());
  }
}
