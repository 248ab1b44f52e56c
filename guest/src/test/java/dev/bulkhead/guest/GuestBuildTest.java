package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole of it, with a package that dpkg-deb makes of a small kernel and small modules. */
final class GuestBuildTest {
  private static final String RELEASE = "6.1.0-99-amd64";
  private static final String UNSIGNED_END = "~Module signature appended~\n";

  @TempDir private Path directory;
  private Path agent;
  private Path output;
  private Path cache;
  private Path deb;

  @BeforeEach
  void layOut() throws Exception {
    agent = Files.write(directory.resolve("agent"), agent(1));
    output = directory.resolve("dist/share");
    cache = directory.resolve("cache");
    deb = deb("1.0", modules());
  }

  @Test
  void makesKernelInitrdAndProperties() throws Exception {
    String said = build();

    assertArrayEquals(
        Vmlinux.of(ElfBuilder.kernel(), "kernel"), Files.readAllBytes(output.resolve("vmlinux")));
    Map<String, byte[]> initrd = initrd();
    assertArrayEquals(agent(1), initrd.get("init"));
    assertEquals(
        """
        virtio_ring virtio_ring.ko
        virtio_pci virtio_pci.ko virtio_ring
        virtio_console builtin
        overlay overlay.ko
        """,
        new String(initrd.get("lib/modules/index"), StandardCharsets.UTF_8));
    assertEquals(
        List.of("virtio_ring"),
        KernelModule.parse(initrd.get("lib/modules/virtio_pci.ko"), "m").dependencies());
    SortedMap<String, String> properties = KeyValueFile.read(output.resolve("guest.properties"));
    assertEquals(RELEASE, properties.get("kernel.release"));
    assertEquals("linux-image-" + RELEASE, properties.get("kernel.package"));
    assertEquals("1.0", properties.get("kernel.version"));
    assertEquals(Sha256.of(agent), properties.get("agent.sha256"));
    assertTrue(said.contains("of linux-image-6.1.0-99-amd64 1.0\n"), said);
  }

  @Test
  void saysWhatTheKernelLacks() throws Exception {
    assertTrue(
        build()
            .contains(
                "the kernel package has not these modules: 9pnet_virtio 9p virtiofs virtio_net tun"
                    + " virtio_blk ext4 erofs loop vmw_vsock_virtio_transport virtio_rng"
                    + " virtio_balloon virtio_mem\n"));
  }

  @Test
  void leavesSignaturesOut() throws Exception {
    build();
    for (byte[] file : initrd().values()) {
      assertFalse(new String(file, StandardCharsets.ISO_8859_1).contains(UNSIGNED_END));
    }
  }

  @Test
  void doesNothingTheSecondTime() throws Exception {
    build();
    Map<Path, Object> before = identities();
    assertEquals("", build());
    assertEquals(before, identities());
  }

  @Test
  void remakesForANewAgentWithoutUnpackingAgain() throws Exception {
    build();
    Object kernel = identity(cache.resolve("kernel"));
    Files.write(agent, agent(2));

    String said = build();

    assertArrayEquals(agent(2), initrd().get("init"));
    assertEquals(kernel, identity(cache.resolve("kernel")));
    assertFalse(said.contains("unpacking"), said);
  }

  @Test
  void remakesForANewKernel() throws Exception {
    build();
    deb = deb("2.0", modules());
    build();
    assertEquals(
        "2.0", KeyValueFile.read(output.resolve("guest.properties")).get("kernel.version"));
  }

  @Test
  void remakesWhatWasRemovedOrCutShort() throws Exception {
    build();
    Files.delete(output.resolve("initrd"));
    assertNotEquals("", build());
    assertArrayEquals(agent(1), initrd().get("init"));

    Files.write(output.resolve("vmlinux"), new byte[10]);
    assertNotEquals("", build());
    assertNotEquals(10, Files.size(output.resolve("vmlinux")));
  }

  @Test
  void remakesByOtherRules() throws Exception {
    build();
    Path properties = cache.resolve("kernel/kernel.properties");
    SortedMap<String, String> older = KeyValueFile.read(properties);
    older.put("recipe", "0-000000000000");
    KeyValueFile.write(properties, older);
    assertTrue(build().contains("unpacking"));
    assertEquals(GuestKernel.currentRecipe(), KeyValueFile.read(properties).get("recipe"));
  }

  @Test
  void goesOnAfterABuildThatWasStopped() throws Exception {
    Files.createDirectories(cache.resolve("unpacked/boot"));
    Files.createDirectories(cache.resolve("kernel.new"));
    Files.writeString(cache.resolve("unpacked/boot/vmlinuz-old"), "half");
    Files.writeString(cache.resolve("kernel.new/vmlinux"), "half");
    Files.createDirectories(output);
    Files.writeString(output.resolve("initrd.new"), "half");

    build();

    assertArrayEquals(agent(1), initrd().get("init"));
    assertEquals(List.of("guest.properties", "initrd", "vmlinux"), names(output));
    assertEquals(List.of("kernel", "lock"), names(cache));
  }

  @Test
  void leavesTheOldOutputWhenTheNewKernelCannotBeUsed() throws Exception {
    build();
    Map<Path, Object> before = identities();
    Map<String, byte[]> modules = modules();
    modules.remove("drivers/virtio/virtio_pci.ko");
    deb = deb("3.0", modules);

    assertEquals(
        "the kernel package has no module virtio_pci, by which the agent is reached;"
            + " take Debian's linux-image-amd64",
        refusal());
    assertEquals(before, identities());
  }

  @Test
  void refusesAnAgentThatTheKernelCouldNotStart() throws Exception {
    Files.write(
        agent, ElfBuilder.executable().also(0, new byte[] {1}, 1).segment(3, 64, 8).build());
    assertEquals(
        "the agent "
            + agent
            + " is linked dynamically; link it with -static, as the guest has no libraries",
        refusal());
    Files.writeString(agent, "#!/bin/sh\n");
    assertTrue(refusal().startsWith("the agent " + agent + " is no 64-bit ELF file"));
    Files.delete(agent);
    assertEquals("the agent " + agent + " is missing; build it first, with make build", refusal());
  }

  @Test
  void refusesAPackageThatIsNone() throws Exception {
    deb = Files.writeString(directory.resolve("x.deb"), "no package");
    assertTrue(
        refusal().startsWith("the kernel package " + deb + " cannot be read (dpkg-deb: error:"));
    deb = directory.resolve("y.deb");
    assertEquals("the kernel package " + deb + " is missing or no file", refusal());
  }

  @Test
  void refusesAPackageWithoutKernel() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("other"));
    deb = pack(tree, "other", "1.0");
    assertEquals(
        "the package " + deb + " holds no kernel; take one named linux-image-VERSION-amd64",
        refusal());
  }

  private String build() throws IOException, GuestException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
      new GuestBuild(new Options(agent, output, cache, Optional.of(deb), Optional.empty()), out)
          .run();
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  private String refusal() {
    return assertThrows(GuestException.class, this::build).getMessage();
  }

  private Map<String, byte[]> initrd() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (InputStream file = Files.newInputStream(output.resolve("initrd"));
        CpioArchiveInputStream in = new CpioArchiveInputStream(file)) {
      for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  private Map<Path, Object> identities() throws IOException {
    Map<Path, Object> identities = new LinkedHashMap<>();
    for (String name : names(output)) {
      identities.put(Path.of(name), identity(output.resolve(name)));
    }
    return identities;
  }

  /** Another file under the same name has another one. */
  private static Object identity(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino");
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static byte[] agent(int version) {
    return ElfBuilder.executable().also(0x400000, new byte[] {(byte) version}, 1).build();
  }

  private static Map<String, byte[]> modules() {
    Map<String, byte[]> modules = new LinkedHashMap<>();
    modules.put("drivers/virtio/virtio_pci.ko", ElfBuilder.module("depends=virtio_ring"));
    modules.put("drivers/virtio/virtio_ring.ko", ElfBuilder.module("depends="));
    modules.put("fs/overlayfs/overlay.ko", ElfBuilder.module("depends="));
    modules.put("sound/soundcore.ko", ElfBuilder.module("depends="));
    return modules;
  }

  private Path deb(String version, Map<String, byte[]> modules) throws IOException, GuestException {
    Path tree = Files.createDirectories(directory.resolve("tree-" + version));
    Path boot = Files.createDirectories(tree.resolve("boot"));
    Files.write(
        boot.resolve("vmlinuz-" + RELEASE),
        BzImageBuilder.image(KernelCompression.ZSTD, ElfBuilder.kernel()));
    Path kernel = Files.createDirectories(tree.resolve("usr/lib/modules").resolve(RELEASE));
    Files.writeString(kernel.resolve("modules.builtin"), "kernel/drivers/char/virtio_console.ko\n");
    Files.writeString(kernel.resolve("modules.builtin.modinfo"), "");
    for (Map.Entry<String, byte[]> module : modules.entrySet()) {
      Path file = kernel.resolve("kernel").resolve(module.getKey());
      Files.createDirectories(file.getParent());
      ByteArrayOutputStream signed = new ByteArrayOutputStream();
      signed.writeBytes(module.getValue());
      signed.writeBytes(("signature" + UNSIGNED_END).getBytes(StandardCharsets.US_ASCII));
      Files.write(file, signed.toByteArray());
    }
    return pack(tree, "linux-image-" + RELEASE, version);
  }

  private Path pack(Path tree, String name, String version) throws IOException, GuestException {
    Path control = Files.createDirectories(tree.resolve("DEBIAN")).resolve("control");
    Files.writeString(
        control,
        "Package: "
            + name
            + "\nVersion: "
            + version
            + "\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\n"
            + "Installed-Size: 40\nDescription: a kernel\n for tests\n");
    Path file = directory.resolve(name + "_" + version + "_amd64.deb");
    ChildProgram.Result packed =
        ChildProgram.run(
            List.of("dpkg-deb", "--build", "-Znone", tree.toString(), file.toString()));
    assertTrue(packed.succeeded(), packed.output());
    return file;
  }
}
