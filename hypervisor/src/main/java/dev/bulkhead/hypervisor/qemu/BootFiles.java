package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.KernelImage;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a machine boots from, opened and looked into. QEMU gets these descriptors, so it boots what
 * was looked into, and need not see the directories they are in. Its maker closes it.
 */
record BootFiles(Fd kernel, Optional<Fd> initrd, Optional<Fd> image) implements AutoCloseable {
  /**
   * Opens the files of a machine.
   *
   * @throws HypervisorException if one cannot be booted from, or the memory is too little for them
   */
  static BootFiles open(MachineSpec spec) {
    List<Fd> opened = new ArrayList<>();
    try {
      Fd kernel = open("kernel", spec.kernel(), opened);
      Optional<Fd> initrd = spec.initrd().map(path -> open("initrd", path, opened));
      Optional<Fd> image = spec.image().map(path -> open("image", path, opened));
      checkMemory(spec, kernel, initrd);
      return new BootFiles(kernel, initrd, image);
    } catch (RuntimeException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd open(String role, String path, List<Fd> opened) {
    try {
      Fd file = Files.open(path, Open.O_RDONLY);
      opened.add(file);
      FileStatus status = Files.status(file);
      if (!status.isRegular() || status.size() == 0) {
        throw new HypervisorException("the " + role + " '" + path + "' is empty or not a file");
      }
      return file;
    } catch (LinuxException e) {
      throw new HypervisorException(
          "the " + role + " '" + path + "' cannot be read: " + e.reason(), e);
    }
  }

  private static void checkMemory(MachineSpec spec, Fd kernel, Optional<Fd> initrd) {
    long initrdBytes = initrd.map(file -> Files.status(file).size()).orElse(0L);
    int least = KernelImage.inspect(kernel).leastMemoryMib(initrdBytes);
    if (spec.memoryMib() < least) {
      throw new HypervisorException(
          spec.memoryMib()
              + " MiB of memory are too little for the kernel '"
              + spec.kernel()
              + "', which does not boot with less than "
              + least
              + " MiB");
    }
  }

  @Override
  public void close() {
    kernel.close();
    initrd.ifPresent(Fd::close);
    image.ifPresent(Fd::close);
  }
}
