package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelModuleTest {
  @Test
  void readsWhatItDependsOn() throws Exception {
    KernelModule module =
        KernelModule.parse(
            ElfBuilder.module(
                "license=GPL",
                "alias=fs-ext4",
                "softdep=pre: crypto-crc32c a post: b",
                "depends=jbd2,dash-ed",
                "alias=ext3"),
            "ext4");
    assertEquals(List.of("jbd2", "dash_ed"), module.dependencies());
    assertEquals(List.of("crypto-crc32c", "a"), module.softDependencies());
    assertEquals(List.of("fs-ext4", "ext3"), module.aliases());
  }

  @Test
  void dependsOnNothingByAnEmptyEntry() throws Exception {
    assertEquals(List.of(), KernelModule.parse(ElfBuilder.module("depends="), "m").dependencies());
  }

  @Test
  void refusesWhatIsNoModule() {
    GuestException refusal =
        assertThrows(
            GuestException.class, () -> KernelModule.parse(ElfBuilder.kernel(), "vmlinux"));
    assertEquals("vmlinux is no kernel module: it has no .modinfo", refusal.getMessage());
  }
}
