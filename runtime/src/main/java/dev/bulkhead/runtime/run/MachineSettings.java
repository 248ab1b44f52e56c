package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxResources;
import java.util.List;
import java.util.Optional;

/**
 * What the configuration says of every sandbox's machine.
 *
 * @param kernel path of the guest's kernel
 * @param initrd path of its initial RAM file system
 * @param image path of a disk image, if it boots from one
 * @param kernelParameters behind those that the hypervisor sets
 * @param defaultMemoryMib memory of a machine whose container has no limit
 * @param overheadMemoryMib what a machine gets beyond its container's limit, for kernel and agent
 * @param defaultVcpus processors of a machine whose container has no limit
 * @param maxVcpus the most that a container's limit can ask for
 */
public record MachineSettings(
    String kernel,
    Optional<String> initrd,
    Optional<String> image,
    MachineModel model,
    Accelerator accelerator,
    List<String> kernelParameters,
    int defaultMemoryMib,
    int overheadMemoryMib,
    int defaultVcpus,
    int maxVcpus) {
  private static final long MIB = 1 << 20;
  private static final long DEFAULT_PERIOD_MICROS = 100_000;

  /** The machine for a container with these limits. */
  public MachineSpec machine(String name, LinuxResources resources, Share share) {
    return new MachineSpec(
        name,
        kernel,
        initrd,
        image,
        model,
        accelerator,
        memoryMib(resources),
        vcpus(resources.cpu()),
        kernelParameters,
        List.of(share),
        new AgentChannel.SerialPort());
  }

  int memoryMib(LinuxResources resources) {
    long limit = resources.memory().limit();
    if (limit <= 0) {
      return defaultMemoryMib;
    }
    return (int) Math.min(Integer.MAX_VALUE, (limit + MIB - 1) / MIB + overheadMemoryMib);
  }

  int vcpus(LinuxCpu cpu) {
    if (cpu.quota() <= 0) {
      return defaultVcpus;
    }
    long period = cpu.period() == 0 ? DEFAULT_PERIOD_MICROS : cpu.period();
    long wanted = (cpu.quota() + period - 1) / period;
    return (int) Math.max(1, Math.min(maxVcpus, wanted));
  }
}
