package dev.bulkhead.runtime.setup;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.config.Configuration;
import java.util.Optional;

/**
 * What guests boot from: a kernel, and either an initrd or a disk image. Whether the files are
 * there and good is not looked at.
 */
public record GuestFiles(String kernel, Optional<String> initrd, Optional<String> image) {
  private static final String KERNEL = "vmlinux";
  private static final String INITRD = "initrd";
  private static final String OWN_KERNEL = "/guest-kernel";

  /**
   * Those that the configuration names, else those among the program's shared files: a kernel of
   * our own, where one was built, else Debian's.
   *
   * @param share the directory of shared files
   * @throws HypervisorException if neither is there
   */
  public static GuestFiles of(Configuration.Qemu qemu, Optional<String> share) {
    // An initrd has the modules of its kernel.
    Optional<String> directory =
        qemu.kernel().isPresent() || qemu.initrd().isPresent()
            ? share
            : share.map(GuestFiles::withOwnKernel);
    return new GuestFiles(
        file(qemu.kernel(), directory, KERNEL),
        qemu.image().isPresent()
            ? Optional.empty()
            : Optional.of(file(qemu.initrd(), directory, INITRD)),
        qemu.image());
  }

  private static String withOwnKernel(String share) {
    String own = share + OWN_KERNEL;
    return Files.exists(own + "/" + KERNEL) && Files.exists(own + "/" + INITRD) ? own : share;
  }

  private static String file(Optional<String> configured, Optional<String> share, String name) {
    return configured.orElseGet(
        () ->
            share
                .map(directory -> directory + "/" + name)
                .orElseThrow(
                    () ->
                        new HypervisorException(
                            "the guest's "
                                + name
                                + " was not found: there is no share/bulkhead beside the program,"
                                + " nor under /usr/local or /usr; install it, or name the file in"
                                + " the configuration")));
  }
}
