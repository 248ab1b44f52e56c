package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
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
 * @param bridges for disks, of a model that can have any
 */
public record MachineSettings(
    String kernel,
    Optional<String> initrd,
    Optional<String> image,
    MachineModel model,
    Accelerator accelerator,
    List<String> kernelParameters,
    Size size,
    Processors processors,
    int bridges) {
  private static final long MIB = 1 << 20;
  private static final long DEFAULT_PERIOD_MICROS = 100_000;
  private static final int GIB_IN_MIB = 1024;
  private static final int SMALL_STEP_MIB = 256;
  private static final int MOST_IN_SMALL_STEPS_MIB = 2 * GIB_IN_MIB;

  /**
   * Memory of machines, in MiB.
   *
   * @param defaultMib of one whose container has no limit
   * @param overheadMib what one gets beyond its container's limit, for kernel and agent
   * @param mostMib the most that a container's limit may ask for
   */
  public record Size(int defaultMib, int overheadMib, int mostMib) {}

  /**
   * Processors of machines.
   *
   * @param count of one whose container has no limit
   * @param most that a container's limit can ask for
   */
  public record Processors(int count, int most) {}

  /**
   * The machine for a container with these limits.
   *
   * @param networkDevices its own
   * @throws HypervisorException if it asks for more memory than a machine may have
   */
  public MachineSpec machine(
      String name,
      LinuxResources resources,
      List<Share> shares,
      List<NetworkDevice> networkDevices) {
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
        shares,
        networkDevices,
        takesDisks() ? bridges : 0,
        new AgentChannel.SerialPort());
  }

  /** Whether machines can be given disks while they run. */
  public boolean takesDisks() {
    return model == MachineModel.Q35 && bridges > 0;
  }

  /** The memory of the machine for a container with these limits. */
  public int memoryMib(LinuxResources resources) {
    long limit = resources.memory().limit();
    if (limit <= 0) {
      return size.defaultMib();
    }
    long wanted = limit / MIB + (limit % MIB == 0 ? 0 : 1) + size.overheadMib();
    if (wanted > size.mostMib()) {
      throw new HypervisorException(
          "a memory limit of "
              + limit / MIB
              + " MiB takes a machine of "
              + wanted
              + " MiB, but the most is "
              + size.mostMib()
              + " MiB; lower the limit or raise default_maxmemory");
    }
    return (int) Math.min(size.mostMib(), inSteps(wanted));
  }

  /**
   * The next of few sizes, so that containers with limits of their own begin as clones of few
   * templates. What a container may use is still limited, by its cgroup in the guest, and the host
   * lends only what is used.
   */
  private static long inSteps(long mib) {
    long step = mib <= MOST_IN_SMALL_STEPS_MIB ? SMALL_STEP_MIB : GIB_IN_MIB;
    return (mib + step - 1) / step * step;
  }

  /** The processors of the machine for a container with these limits. */
  public int vcpus(LinuxCpu cpu) {
    if (cpu.quota() <= 0) {
      return processors.count();
    }
    long period = cpu.period() == 0 ? DEFAULT_PERIOD_MICROS : cpu.period();
    long wanted = (cpu.quota() + period - 1) / period;
    return (int) Math.max(1, Math.min(processors.most(), wanted));
  }
}
