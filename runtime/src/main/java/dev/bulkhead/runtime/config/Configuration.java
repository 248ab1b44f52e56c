package dev.bulkhead.runtime.config;

import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice;
import java.util.List;
import java.util.Optional;

/**
 * The whole configuration.
 *
 * @param files those that it was read from, in the order of reading; of none it is the defaults
 */
public record Configuration(
    Qemu qemu, Agent agent, Behaviour runtime, Factory factory, Images images, List<String> files) {
  public Configuration {
    files = List.copyOf(files);
  }

  /**
   * Section {@code hypervisor.qemu}.
   *
   * @param path QEMU's program; empty for the one in PATH
   * @param kernel the guest's kernel; empty for the one among the program's shared files
   * @param initrd the guest's initial RAM file system; if this and {@code image} are empty, the one
   *     among the program's shared files
   * @param image a disk image that the guest boots from instead of an initrd
   * @param kernelParams more parameters for the guest's kernel, separated by blanks
   * @param defaultVcpus processors of a sandbox whose containers have no limit
   * @param defaultMaxvcpus the most processors of a sandbox; 0 for as many as the host has
   * @param defaultMemoryMib memory of a sandbox whose containers have no limit
   * @param defaultMaxmemoryMib the most memory of a sandbox; 0 for as much as the host has
   * @param overheadMemoryMib what a sandbox gets beyond its containers' limits, for kernel and
   *     agent
   * @param msize9p the longest 9p message in bytes
   * @param cache9p the guest's caching of 9p files: none, mmap or loose, see the kernel's 9p.rst
   * @param virtioFsDaemon the program virtiofsd; empty for the one that is found
   * @param virtioFsCache never, auto or always
   * @param virtioFsExtraArgs more arguments for virtiofsd
   * @param defaultBridges of a machine, for disks that it gets while it runs
   * @param disableBlockDeviceUse whether a root file system on a block device is mounted on the
   *     host and shared, and not given to the machine as a disk
   * @param useVsock whether the agent is reached over vsock and not over a serial port
   */
  public record Qemu(
      Optional<String> path,
      Optional<String> kernel,
      Optional<String> initrd,
      Optional<String> image,
      MachineModel machineType,
      String kernelParams,
      AcceleratorChoice.Wish accel,
      int defaultVcpus,
      int defaultMaxvcpus,
      int defaultMemoryMib,
      int defaultMaxmemoryMib,
      int overheadMemoryMib,
      SharedFileSystem sharedFs,
      int msize9p,
      String cache9p,
      Optional<String> virtioFsDaemon,
      String virtioFsCache,
      List<String> virtioFsExtraArgs,
      int defaultBridges,
      boolean disableBlockDeviceUse,
      boolean useVsock) {}

  /**
   * Section {@code agent.kata}.
   *
   * @param dialTimeoutSeconds from the machine's start to the agent's first answer
   * @param kernelModules modules that the agent loads, each with its parameters behind its name
   */
  public record Agent(int dialTimeoutSeconds, List<String> kernelModules) {}

  /**
   * Section {@code runtime}.
   *
   * @param disableGuestSeccomp whether a container's system call filter is left out
   * @param createContainerTimeoutSeconds for the agent to make a container
   * @param internetworkingModel how interfaces become the machine's
   * @param spareNetworkDevices of a machine, beyond those that it needs at its boot
   * @param allowHostNetwork whether a container that asks for the host's network runs without it
   */
  public record Behaviour(
      boolean disableGuestSeccomp,
      int createContainerTimeoutSeconds,
      InternetworkingModel internetworkingModel,
      int spareNetworkDevices,
      boolean allowHostNetwork) {}

  /**
   * Section {@code factory}.
   *
   * @param template whether machines begin as clones of a saved one
   * @param templateProcess whether, where it can be, with the hypervisor's process
   * @param templatePath where those are kept
   * @param templateLimitMib the most memory of all machines that are kept, in MiB
   * @param poolPath where those are found that are ready
   */
  public record Factory(
      boolean template,
      boolean templateProcess,
      String templatePath,
      int templateLimitMib,
      String poolPath) {}

  /**
   * Section {@code image}.
   *
   * @param store the directory that keeps what was fetched and unpacked
   * @param rootLimitMib the most that is kept of root file systems as disks, in MiB
   * @param insecureRegistries hosts whose certificates are not checked, or that have none
   */
  public record Images(String store, int rootLimitMib, List<String> insecureRegistries) {}
}
