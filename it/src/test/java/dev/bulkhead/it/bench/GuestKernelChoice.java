package dev.bulkhead.it.bench;

import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A kernel that guests can have here.
 *
 * @param words what a table calls it
 * @param options of the command {@code bulkhead}, to choose it
 */
record GuestKernelChoice(String words, List<String> options) {
  private static final Path OWN = Dist.SHARE.resolve("guest-kernel/vmlinux");

  /** Debian's, and that of {@code make guest-kernel} if it was made. */
  static List<GuestKernelChoice> all() throws IOException {
    Path settings =
        Files.writeString(
            Dist.scratch("bench").resolve("debian-kernel.toml"),
            "[hypervisor.qemu]\nkernel = \"" + Dist.SHARE.resolve("vmlinux") + "\"\n");
    GuestKernelChoice debian =
        new GuestKernelChoice("Debian's kernel", List.of("--config", settings.toString()));
    return Files.exists(OWN)
        ? List.of(debian, new GuestKernelChoice("own kernel", List.of()))
        : List.of(debian);
  }
}
