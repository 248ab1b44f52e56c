package dev.bulkhead.hypervisor;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a machine is made of.
 *
 * @param name for process lists and messages: the sandbox's id
 * @param kernel path of an uncompressed kernel with a PVH entry, or of a bzImage
 * @param initrd path of the initial RAM file system, if any
 * @param image path of a raw disk image that the kernel finds as its first disk, read-only, if any
 * @param model the machine's kind
 * @param accelerator who executes its instructions
 * @param memoryMib the guest's memory in MiB
 * @param vcpus the guest's processors
 * @param kernelParameters behind those that the hypervisor sets itself; of two that contradict each
 *     other the kernel takes the last
 * @param shares directories of the host
 * @param networkDevices each of another slot
 * @param bridges how many bridges it has that disks can be plugged into while it runs; none on a
 *     {@link MachineModel#MICROVM}
 * @param agentChannel how host and agent talk
 */
public record MachineSpec(
    String name,
    String kernel,
    Optional<String> initrd,
    Optional<String> image,
    MachineModel model,
    Accelerator accelerator,
    int memoryMib,
    int vcpus,
    List<String> kernelParameters,
    List<Share> shares,
    List<NetworkDevice> networkDevices,
    int bridges,
    AgentChannel agentChannel) {

  /** The most processors that {@link MachineModel#Q35} takes without an interrupt remapper. */
  public static final int MOST_VCPUS = 255;

  public MachineSpec {
    if (memoryMib < 1) {
      throw new IllegalArgumentException("a machine with " + memoryMib + " MiB of memory");
    }
    if (vcpus < 1 || vcpus > MOST_VCPUS) {
      throw new IllegalArgumentException("a machine with " + vcpus + " processors");
    }
    if (bridges < 0 || bridges > Disk.MOST_BRIDGES) {
      throw new IllegalArgumentException("a machine with " + bridges + " bridges");
    }
    kernelParameters = List.copyOf(kernelParameters);
    shares = List.copyOf(shares);
    networkDevices = List.copyOf(networkDevices);
  }

  /** The same machine, whose agent is reached in another way. */
  public MachineSpec with(AgentChannel newAgentChannel) {
    return new MachineSpec(
        name,
        kernel,
        initrd,
        image,
        model,
        accelerator,
        memoryMib,
        vcpus,
        kernelParameters,
        shares,
        networkDevices,
        bridges,
        newAgentChannel);
  }

  /** The same machine under another name, with other shares and network devices. */
  public MachineSpec with(
      String newName, List<Share> newShares, List<NetworkDevice> newNetworkDevices) {
    return new MachineSpec(
        newName,
        kernel,
        initrd,
        image,
        model,
        accelerator,
        memoryMib,
        vcpus,
        kernelParameters,
        newShares,
        newNetworkDevices,
        bridges,
        agentChannel);
  }

  /** What a hypervisor has to be able to do for it. */
  public Set<Feature> needs() {
    Set<Feature> needs = EnumSet.noneOf(Feature.class);
    needs.add(
        switch (accelerator) {
          case KVM -> Feature.KVM;
          case TCG -> Feature.TCG;
        });
    needs.add(
        switch (agentChannel) {
          case AgentChannel.SerialPort port -> Feature.SERIAL_AGENT_CHANNEL;
          case AgentChannel.Vsock vsock -> Feature.VSOCK_AGENT_CHANNEL;
        });
    for (Share share : shares) {
      needs.add(
          switch (share) {
            case Share.NineP nineP -> Feature.NINE_P_SHARES;
            case Share.VirtioFs virtioFs -> Feature.VIRTIO_FS_SHARES;
          });
    }
    if (!networkDevices.isEmpty()) {
      needs.add(Feature.NETWORK_DEVICES);
    }
    return needs;
  }

  /** Whether a device needs the guest's memory to be shared with another process. */
  public boolean sharesMemory() {
    return shares.stream().anyMatch(Share.VirtioFs.class::isInstance);
  }
}
