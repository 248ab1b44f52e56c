package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Feature;
import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.KernelImage;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import java.util.Optional;
import java.util.Set;

/** Runs machines by qemu-system-x86_64. */
public final class QemuHypervisor implements Hypervisor {
  private static final String PROGRAM = "qemu-system-x86_64";

  private final EventLoop loop;
  private final String program;

  private QemuHypervisor(EventLoop loop, String program) {
    this.loop = loop;
    this.program = program;
  }

  /**
   * Finds QEMU.
   *
   * @param configured its path, or empty for the one in PATH
   * @throws HypervisorException if it is not there
   */
  public static QemuHypervisor find(EventLoop loop, Optional<String> configured) {
    Optional<String> found = Environment.findProgram(configured.orElse(PROGRAM));
    if (found.isEmpty()) {
      throw new HypervisorException(
          configured.orElse(PROGRAM)
              + " was not found; install the package qemu-system-x86"
              + " (apt-get install qemu-system-x86)");
    }
    return new QemuHypervisor(loop, found.get());
  }

  @Override
  public String name() {
    return "qemu";
  }

  /** The path of the program. */
  public String program() {
    return program;
  }

  @Override
  public Set<Feature> features(MachineModel model) {
    return Set.of(Feature.values());
  }

  @Override
  public VirtualMachine start(MachineSpec spec) {
    check(spec);
    return QemuMachine.start(loop, program, spec);
  }

  private void check(MachineSpec spec) {
    for (Feature need : spec.needs()) {
      if (!features(spec.model()).contains(need)) {
        throw new HypervisorException("the hypervisor " + name() + " has not " + need.words());
      }
    }
    KernelImage kernel = KernelImage.inspect(spec.kernel());
    long initrdBytes = spec.initrd().map(initrd -> fileSize("initrd", initrd)).orElse(0L);
    spec.image().ifPresent(image -> fileSize("image", image));
    int least = kernel.leastMemoryMib(initrdBytes);
    if (spec.memoryMib() < least) {
      throw new HypervisorException(
          spec.memoryMib()
              + " MiB of memory are too little for the kernel '"
              + spec.kernel()
              + "', which does not boot with less than "
              + least
              + " MiB");
    }
    for (Share share : spec.shares()) {
      if (share instanceof Share.NineP nineP && !Files.isDirectory(nineP.directory())) {
        throw new HypervisorException(
            "the share '" + nineP.tag() + "' is no directory: " + nineP.directory());
      }
    }
  }

  /** The size of a file that has to have one. */
  private static long fileSize(String role, String path) {
    Optional<FileStatus> status = Files.statusIfExists(path);
    if (status.isEmpty()) {
      throw new HypervisorException("the " + role + " '" + path + "' does not exist");
    }
    if (!status.get().isRegular() || status.get().size() == 0) {
      throw new HypervisorException("the " + role + " '" + path + "' is empty or not a file");
    }
    return status.get().size();
  }
}
