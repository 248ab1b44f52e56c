package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModuleTreeTest {
  @TempDir private Path directory;

  @BeforeEach
  void layOutWhatIsBuiltIn() throws IOException {
    Files.writeString(
        directory.resolve("modules.builtin"),
        "kernel/drivers/virtio/virtio-pci.ko\nkernel/lib/crc32.ko\n");
    Files.writeString(
        directory.resolve("modules.builtin.modinfo"),
        "virtio_pci.license=GPL\0sha256_generic.alias=crypto-sha256\0");
    Files.createDirectories(directory.resolve("kernel"));
  }

  @Test
  void putsDependenciesFirst() throws Exception {
    module("fs/9p/9p.ko", "depends=9pnet,fscache,netfs");
    module("fs/fscache/fscache.ko", "depends=netfs");
    module("fs/netfs/netfs.ko", "depends=");
    module("net/9p/9pnet.ko", "depends=");
    module("net/9p/9pnet_virtio.ko", "depends=9pnet");
    assertEquals(
        """
        9pnet 9pnet.ko
        9pnet_virtio 9pnet_virtio.ko 9pnet
        netfs netfs.ko
        fscache fscache.ko netfs
        9p 9p.ko 9pnet fscache netfs
        """,
        index("9pnet_virtio", "9p"));
  }

  @Test
  void namesWhatIsBuiltInAndLeavesOutWhatIsMissing() throws Exception {
    module("drivers/block/virtio_blk.ko", "depends=virtio-pci");
    assertEquals(
        "virtio_pci builtin\nvirtio_blk virtio_blk.ko\n",
        index("virtio_pci", "virtio_blk", "virtio_mem"));
  }

  @Test
  void indexesAKernelThatHasAllBuiltIn() throws Exception {
    assertEquals(
        "crc32 builtin\nvirtio_pci builtin\n",
        ModuleTree.builtIn(directory.resolve("modules.builtin")).text());
  }

  @Test
  void writesNamesAsTheKernelDoes() throws Exception {
    module("drivers/char/hw_random/virtio-rng.ko", "depends=rng-core");
    module("drivers/char/hw_random/rng-core.ko", "depends=");
    assertEquals("rng_core rng_core.ko\nvirtio_rng virtio_rng.ko rng_core\n", index("virtio_rng"));
  }

  @Test
  void findsSoftDependenciesByNameAndAmongPortableModulesByAlias() throws Exception {
    module("fs/ext4/ext4.ko", "softdep=pre: crypto-crc32c", "depends=jbd2");
    module("fs/jbd2/jbd2.ko", "softdep=pre: crypto-crc32c", "depends=");
    module("lib/libcrc32c.ko", "softdep=pre: crc32c", "depends=");
    module("fs/xfs/xfs.ko", "softdep=pre: libcrc32c post: nothing", "depends=");
    module("crypto/crc32c_generic.ko", "alias=crypto-crc32c", "alias=crc32c", "depends=");
    module("arch/x86/crypto/crc32c-intel.ko", "alias=crypto-crc32c", "alias=crc32c", "depends=");
    assertEquals(
        """
        crc32c_generic crc32c_generic.ko
        jbd2 jbd2.ko crc32c_generic
        ext4 ext4.ko crc32c_generic jbd2
        libcrc32c libcrc32c.ko crc32c_generic
        xfs xfs.ko libcrc32c
        """,
        index("ext4", "xfs"));
  }

  @Test
  void needsNothingForASoftDependencyThatIsBuiltInOrUnknown() throws Exception {
    module("fs/a.ko", "softdep=pre: crypto-sha256 crc32 crypto-unknown", "depends=");
    assertEquals("a a.ko\n", index("a"));
  }

  @Test
  void readsCompressedModules() throws Exception {
    byte[] loop = ElfBuilder.module("depends=helper");
    Path file = Files.createDirectories(directory.resolve("kernel/drivers")).resolve("loop.ko.xz");
    try (OutputStream out = new XZCompressorOutputStream(Files.newOutputStream(file))) {
      out.write(loop);
    }
    module("drivers/helper.ko", "depends=");
    ModuleTree tree = ModuleTree.read(directory);
    assertEquals("helper helper.ko\nloop loop.ko helper\n", tree.index(List.of("loop")).text());
    assertArrayEquals(loop, tree.content("loop"));
  }

  @Test
  void knowsWhatThereIs() throws Exception {
    module("a.ko", "depends=");
    ModuleTree tree = ModuleTree.read(directory);
    assertTrue(tree.has("a"));
    assertTrue(tree.has("virtio_pci"));
    assertFalse(tree.has("b"));
  }

  @Test
  void refusesADependencyThatIsMissing() throws IOException {
    module("net/a.ko", "depends=b");
    assertEquals(
        "the kernel module kernel/net/a.ko depends on b, which the kernel package lacks;"
            + " is it damaged?",
        refusal("a"));
  }

  @Test
  void refusesACircle() throws IOException {
    module("a.ko", "depends=b");
    module("b.ko", "depends=a");
    assertEquals(
        "the kernel's modules depend on each other in a circle: [a, b]; is it damaged?",
        refusal("a"));
  }

  private void module(String path, String... info) throws IOException {
    Path file = directory.resolve("kernel").resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, ElfBuilder.module(info));
  }

  private String index(String... names) throws IOException, GuestException {
    return ModuleTree.read(directory).index(List.of(names)).text();
  }

  private String refusal(String name) {
    return assertThrows(GuestException.class, () -> index(name)).getMessage();
  }
}
