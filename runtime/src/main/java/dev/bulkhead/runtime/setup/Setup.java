package dev.bulkhead.runtime.setup;

import dev.bulkhead.agentapi.KernelModule;
import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice;
import dev.bulkhead.hypervisor.kvm.KvmProbe;
import dev.bulkhead.hypervisor.qemu.QemuHypervisor;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.cgroup.OwnCgroups;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.network.NetworkSettings;
import dev.bulkhead.runtime.run.MachineSettings;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.template.ReadyMachines;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.pool.Pool;
import dev.bulkhead.sandbox.pool.PoolDirectory;
import dev.bulkhead.sandbox.template.TemplateStore;
import dev.bulkhead.sandbox.template.Templates;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a command that boots machines works with.
 *
 * @param templates what starts machines
 * @param machines how each machine is made
 * @param shares who serves the guest's files
 * @param rootsAsDisks whether root file systems on block devices become disks of the machine
 * @param kernelModules what the agent loads besides
 * @param guestSeccomp whether containers get their system call filters
 * @param network how containers get their network
 * @param bootsAtOnce how many machines of this root may boot at the same time
 */
public record Setup(
    Templates templates,
    MachineSettings machines,
    ShareServer shares,
    boolean rootsAsDisks,
    Sandbox.Limits limits,
    SandboxDirectory.Roots roots,
    List<KernelModule> kernelModules,
    boolean guestSeccomp,
    NetworkSettings network,
    int bootsAtOnce) {
  private static final long MILLIS = 1000;
  private static final int BOOTS_PER_PROCESSOR = 2;
  private static final String KVM_VERDICT = "/kvm-verdict";

  /**
   * Sets up by the configuration.
   *
   * @param share the directory of shared files
   * @param root the directory of the state that does not outlive a boot
   * @param warn told what is not as good as it could be, in one line
   */
  public static Setup of(
      EventLoop loop,
      Configuration configuration,
      Optional<String> share,
      String root,
      Consumer<String> warn)
      throws ConfigurationException {
    Configuration.Qemu qemu = configuration.qemu();
    Hypervisor hypervisor = QemuHypervisor.find(loop, qemu.path());
    Files.makeDirectories(root, 0700);
    AcceleratorChoice choice =
        AcceleratorChoice.choose(
            qemu.accel(), () -> new KvmProbe(loop, Optional.of(root + KVM_VERDICT)).run());
    choice.warning().ifPresent(warn);
    int maxVcpus = qemu.defaultMaxvcpus() == 0 ? HostSize.processors() : qemu.defaultMaxvcpus();
    int maxMemoryMib =
        qemu.defaultMaxmemoryMib() == 0 ? HostSize.memoryMib() : qemu.defaultMaxmemoryMib();
    GuestFiles files = GuestFiles.of(qemu, share);
    MachineSettings machines =
        new MachineSettings(
            files.kernel(),
            files.initrd(),
            files.image(),
            qemu.machineType(),
            choice.accelerator(),
            words(qemu.kernelParams()),
            new MachineSettings.Size(
                qemu.defaultMemoryMib(), qemu.overheadMemoryMib(), maxMemoryMib),
            new MachineSettings.Processors(qemu.defaultVcpus(), maxVcpus),
            qemu.defaultBridges());
    Sandbox.Limits limits =
        new Sandbox.Limits(
            configuration.agent().dialTimeoutSeconds() * MILLIS,
            configuration.runtime().createContainerTimeoutSeconds() * MILLIS);
    ShareServer shares = ShareServer.of(loop, configuration, warn);
    return new Setup(
        new Templates(
            loop,
            hypervisor,
            store(loop, configuration.factory()),
            Optional.of(
                new Pool(
                    loop,
                    hypervisor,
                    new PoolDirectory(configuration.factory().poolPath()),
                    OwnCgroups::admit,
                    warn)),
            configuration.factory().templateProcess()
                ? Optional.of(new ReadyMachines(loop, configuration, share, root))
                : Optional.empty(),
            shares.mountOptions(),
            qemu.useVsock(),
            limits.bootMillis(),
            warn),
        machines,
        shares,
        !qemu.disableBlockDeviceUse() && machines.takesDisks(),
        limits,
        new SandboxDirectory.Roots(root, configuration.images().store()),
        kernelModules(configuration.agent().kernelModules()),
        !configuration.runtime().disableGuestSeccomp(),
        new NetworkSettings(
            configuration.runtime().internetworkingModel(),
            configuration.runtime().spareNetworkDevices(),
            configuration.runtime().allowHostNetwork()),
        HostSize.processors() * BOOTS_PER_PROCESSOR);
  }

  private static Optional<TemplateStore> store(EventLoop loop, Configuration.Factory factory) {
    return factory.template()
        ? Optional.of(new TemplateStore(loop, factory.templatePath(), factory.templateLimitMib()))
        : Optional.empty();
  }

  static List<KernelModule> kernelModules(List<String> lines) {
    List<KernelModule> modules = new ArrayList<>();
    for (String line : lines) {
      List<String> words = words(line);
      modules.add(
          KernelModule.DEFAULT
              .withName(words.getFirst())
              .withParameters(words.subList(1, words.size())));
    }
    return modules;
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == ' ') {
        if (i > start) {
          words.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    return words;
  }
}
