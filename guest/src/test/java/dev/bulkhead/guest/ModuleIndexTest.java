package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ModuleIndexTest {
  private static final ModuleIndex INDEX =
      new ModuleIndex(
          List.of(
              ModuleIndex.Entry.builtIn("virtio_pci"),
              ModuleIndex.Entry.file("netfs", List.of()),
              ModuleIndex.Entry.file("9p", List.of("9pnet", "netfs"))));

  @Test
  void writesALineForAModule() {
    assertEquals("virtio_pci builtin\nnetfs netfs.ko\n9p 9p.ko 9pnet netfs\n", INDEX.text());
  }

  @Test
  void readsWhatItWrote() {
    assertEquals(INDEX, ModuleIndex.parse(INDEX.text()));
  }

  @Test
  void tellsFilesFromWhatIsBuiltIn() {
    assertEquals(
        List.of("netfs.ko", "9p.ko"), INDEX.files().stream().map(ModuleIndex.Entry::file).toList());
  }
}
