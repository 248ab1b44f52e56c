package dev.bulkhead.hypervisor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.Fd;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class QemuCommandLineTest {
  @Test
  void bootsAKernelOnAPlainPc() {
    List<String> arguments = arguments(spec(MachineModel.Q35, Accelerator.TCG));
    assertTrue(value(arguments, "-machine").startsWith("q35,"));
    assertEquals("tcg", value(arguments, "-accel").substring(0, 3));
    assertEquals("256M", value(arguments, "-m"));
    assertEquals("1", value(arguments, "-smp"));
    assertEquals("/proc/self/fd/6", value(arguments, "-kernel"));
    assertEquals("/proc/self/fd/7", value(arguments, "-initrd"));
    assertTrue(arguments.containsAll(List.of("-nodefaults", "-no-user-config", "-no-reboot")));
    assertTrue(value(arguments, "-sandbox").contains("spawn=deny"));
  }

  @Test
  void letsTheCallersKernelParametersWin() {
    String line = value(arguments(spec(MachineModel.Q35, Accelerator.TCG)), "-append");
    assertTrue(line.startsWith("console=ttyS0 "), line);
    assertTrue(line.endsWith(" quiet agent.log=debug"), line);
    assertTrue(
        line.contains(
            " no_timer_check mitigations=off psi=0 sysctl.net.core.bpf_jit_enable=0 clearcpuid=141 "),
        line);
    String kvm = value(arguments(spec(MachineModel.Q35, Accelerator.KVM)), "-append");
    assertFalse(kvm.contains("no_timer_check"), kvm);
    assertFalse(kvm.contains("mitigations"), kvm);
    assertFalse(kvm.contains("clearcpuid"), kvm);
    assertTrue(kvm.contains(" rcupdate.rcu_expedited=1 "), kvm);
  }

  @Test
  void tellsATranslatedKernelTheRateOfItsClock() {
    MachineSpec spec = spec(MachineModel.Q35, Accelerator.TCG);
    assertTrue(value(arguments(spec), "-append").contains(" tsc_early_khz=2596120 tsc=reliable "));
    String unknown =
        value(
            QemuCommandLine.of(spec, boot(spec), new Origin.Boot(), OptionalInt.empty())
                .arguments(),
            "-append");
    assertFalse(unknown.contains("tsc"), unknown);
  }

  @Test
  void usesTheHostsProcessorWithKvm() {
    List<String> arguments = arguments(spec(MachineModel.Q35, Accelerator.KVM));
    assertEquals("kvm", value(arguments, "-accel"));
    assertTrue(value(arguments, "-cpu").startsWith("host"));
  }

  @Test
  void putsTheAgentsPortOnItsSocket() {
    List<String> arguments = arguments(spec(MachineModel.Q35, Accelerator.TCG));
    assertTrue(arguments.contains("socket,id=agent,fd=5"));
    assertTrue(arguments.contains("virtserialport,chardev=agent,name=agent.channel.0"));
    assertTrue(arguments.contains("socket,id=monitor,fd=3"));
    assertTrue(arguments.contains("socket,id=console,fd=4"));
  }

  @Test
  void namesMmioDevicesOnMicrovm() {
    List<String> arguments = arguments(spec(MachineModel.MICROVM, Accelerator.TCG));
    assertTrue(value(arguments, "-machine").startsWith("microvm,"));
    assertEquals("virtio-mmio.force-legacy=off", value(arguments, "-global"));
    assertTrue(arguments.stream().noneMatch(argument -> argument.contains("-pci")));
    assertTrue(arguments.contains("virtio-9p-device,fsdev=share0,mount_tag=kata,,Shared"));
  }

  @Test
  void sharesADirectoryWhereQemuSeesIt() {
    List<String> arguments = arguments(spec(MachineModel.Q35, Accelerator.TCG));
    assertEquals(
        "local,id=share0,security_model=passthrough,multidevs=remap,path=/share0",
        value(arguments, "-fsdev"));
    assertEquals("guest=a,,b", value(arguments, "-name"));
    assertTrue(
        arguments.contains("virtio-9p-pci,fsdev=share0,mount_tag=kata,,Shared,ioeventfd=off"));
    assertFalse(String.join(" ", arguments).contains("memfd"));
    assertTrue(
        arguments(spec(MachineModel.Q35, Accelerator.KVM))
            .contains("virtio-9p-pci,fsdev=share0,mount_tag=kata,,Shared"));
  }

  @Test
  void aTemplatesMemoryIsAFileThatItsClonesMapPrivately() {
    MachineSpec spec = spec(MachineModel.Q35, Accelerator.TCG);
    Fd memory = new Fd(51, "memory");
    Fd state = new Fd(52, "state");
    QemuCommandLine template =
        QemuCommandLine.of(spec, boot(spec), new Origin.Template(memory), OptionalInt.empty());
    int shared = QemuCommandLine.FIRST_DEVICE_FD + template.devices().indexOf(memory);
    assertTrue(
        value(template.arguments(), "-object")
            .startsWith("memory-backend-file,share=on,mem-path=/proc/self/fd/" + shared + ","));
    assertFalse(template.arguments().contains("-incoming"));
    assertTrue(template.incoming().isEmpty());
    QemuCommandLine clone =
        QemuCommandLine.of(spec, boot(spec), new Origin.Clone(memory, state), OptionalInt.empty());
    int mapped = QemuCommandLine.FIRST_DEVICE_FD + clone.devices().indexOf(memory);
    assertTrue(
        value(clone.arguments(), "-object")
            .startsWith("memory-backend-file,share=off,mem-path=/proc/self/fd/" + mapped + ","));
    assertEquals("defer", value(clone.arguments(), "-incoming"));
    assertEquals(
        QemuCommandLine.FIRST_DEVICE_FD + clone.devices().indexOf(state),
        clone.incoming().orElseThrow());
  }

  @Test
  void sharesMemoryWithAVirtioFsDaemon() {
    Fd daemon = new Fd(41, "virtiofsd");
    MachineSpec plain = spec(MachineModel.Q35, Accelerator.TCG);
    QemuCommandLine commandLine =
        QemuCommandLine.of(
            withShares(
                plain,
                List.of(
                    new Share.NineP("a", "/a", true), new Share.VirtioFs("kataShared", daemon))),
            boot(plain),
            new Origin.Boot(),
            OptionalInt.empty());
    List<String> arguments = commandLine.arguments();
    assertEquals(daemon, commandLine.devices().getLast());
    assertTrue(arguments.contains("socket,id=share1,fd=8"));
    assertTrue(
        arguments.contains("vhost-user-fs-pci,queue-size=1024,chardev=share1,tag=kataShared"));
    assertTrue(value(arguments, "-fsdev").contains(",readonly=on,"));
    assertTrue(value(arguments, "-machine").contains(",memory-backend=memory"));
    assertTrue(arguments.contains("memory-backend-memfd,share=on,id=memory,size=256M"));
    assertTrue(value(arguments, "-append").contains(" init_on_alloc=1 "));
    assertFalse(value(arguments(plain), "-append").contains("init_on_alloc"));
  }

  @Test
  void givesAVsockDeviceToQemu() {
    MachineSpec plain = spec(MachineModel.Q35, Accelerator.KVM);
    MachineSpec spec =
        new MachineSpec(
            plain.name(),
            plain.kernel(),
            Optional.empty(),
            Optional.of("/i,mg"),
            plain.model(),
            plain.accelerator(),
            plain.memoryMib(),
            2,
            List.of(),
            List.of(),
            List.of(),
            0,
            new AgentChannel.Vsock(new Fd(9, "vsock"), 77));
    List<String> arguments = arguments(spec);
    assertTrue(arguments.contains("vhost-vsock-pci,guest-cid=77,vhostfd=7"));
    assertFalse(arguments.contains("socket,id=agent,fd=5"));
    assertFalse(arguments.contains("-initrd"));
    assertFalse(value(arguments, "-append").contains("noreplace-smp"));
    assertTrue(value(arguments, "-blockdev").endsWith("file.filename=/proc/self/fd/8"));
    assertTrue(value(arguments, "-blockdev").contains("read-only=on"));
  }

  @Test
  void givesQemuOpenedTapsOnlyAndBridgesForDisks() {
    MachineSpec plain = spec(MachineModel.Q35, Accelerator.TCG);
    MachineSpec spec =
        new MachineSpec(
            plain.name(),
            plain.kernel(),
            plain.initrd(),
            plain.image(),
            plain.model(),
            plain.accelerator(),
            plain.memoryMib(),
            plain.vcpus(),
            plain.kernelParameters(),
            List.of(),
            List.of(
                NetworkDevice.of(0, List.of(new Fd(20, "tap")), List.of()),
                NetworkDevice.of(
                    1,
                    List.of(new Fd(21, "tap"), new Fd(22, "tap")),
                    List.of(new Fd(23, "vhost"), new Fd(24, "vhost")))),
            2,
            plain.agentChannel());
    List<String> arguments = arguments(spec);
    assertTrue(arguments.contains("tap,id=net10,fd=8"), arguments.toString());
    assertTrue(
        arguments.contains("tap,id=net11,fds=9:10,vhost=on,vhostfds=11:12"), arguments.toString());
    assertTrue(arguments.contains("virtio-net-pci,netdev=net10,addr=0x10,romfile="));
    assertTrue(
        arguments.contains("virtio-net-pci,netdev=net11,mq=on,addr=0x11,romfile=,vectors=6"));
    assertTrue(arguments.contains("pcie-pci-bridge,id=bridge0,addr=0x18"));
    assertTrue(arguments.contains("pcie-pci-bridge,id=bridge1,addr=0x19"));
    assertEquals("10", spec.networkDevices().getFirst().pciPath());
    assertEquals("11", spec.networkDevices().getLast().pciPath());
    assertThrows(
        IllegalArgumentException.class,
        () -> NetworkDevice.of(NetworkDevice.MOST, List.of(new Fd(20, "tap")), List.of()));
    assertThrows(IllegalArgumentException.class, () -> NetworkDevice.of(0, List.of(), List.of()));
  }

  @Test
  void freedMemoryGoesBackUnlessItIsOthersToo() {
    MachineSpec spec = spec(MachineModel.Q35, Accelerator.TCG);
    String balloon = "virtio-balloon-pci,free-page-reporting=on";
    assertTrue(arguments(spec).contains(balloon));
    Fd memory = new Fd(40, "memory");
    for (Origin origin :
        List.of(new Origin.Template(memory), new Origin.Clone(memory, new Fd(41, "state")))) {
      assertFalse(
          QemuCommandLine.of(spec, boot(spec), origin, OptionalInt.empty())
              .arguments()
              .contains(balloon));
    }
  }

  private static MachineSpec spec(MachineModel model, Accelerator accelerator) {
    return new MachineSpec(
        "a,b",
        "/boot/vmlinux",
        Optional.of("/boot/initrd"),
        Optional.empty(),
        model,
        accelerator,
        256,
        1,
        List.of("quiet", "agent.log=debug"),
        List.of(new Share.NineP("kata,Shared", "/run/a", false)),
        List.of(),
        0,
        new AgentChannel.SerialPort());
  }

  private static MachineSpec withShares(MachineSpec spec, List<Share> shares) {
    return new MachineSpec(
        spec.name(),
        spec.kernel(),
        spec.initrd(),
        spec.image(),
        spec.model(),
        spec.accelerator(),
        spec.memoryMib(),
        spec.vcpus(),
        spec.kernelParameters(),
        shares,
        List.of(),
        spec.bridges(),
        spec.agentChannel());
  }

  private static List<String> arguments(MachineSpec spec) {
    return QemuCommandLine.of(spec, boot(spec), new Origin.Boot(), OptionalInt.of(2_596_120))
        .arguments();
  }

  private static BootFiles boot(MachineSpec spec) {
    return new BootFiles(
        new Fd(31, spec.kernel()),
        spec.initrd().map(path -> new Fd(32, path)),
        spec.image().map(path -> new Fd(33, path)));
  }

  private static String value(List<String> arguments, String option) {
    return arguments.get(arguments.indexOf(option) + 1);
  }
}
