package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.Feature;
import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineHandles;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Runs machines by qemu-system-x86_64. */
public final class QemuHypervisor implements Hypervisor {
  private static final String PROGRAM = "qemu-system-x86_64";

  private final EventLoop loop;
  private final String program;
  // Measured for the first machine that needs it.
  private OptionalInt measuredKilohertz;

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
  public VirtualMachine start(MachineSpec spec, Origin origin) {
    check(spec);
    if (origin instanceof Origin.ProcessImage(Fd pages, Fd process)) {
      return QemuMachine.restore(loop, program, spec, pages, process);
    }
    try (BootFiles boot = BootFiles.open(spec)) {
      return QemuMachine.start(
          loop, program, spec, QemuCommandLine.of(spec, boot, origin, timeStampKilohertz(spec)));
    }
  }

  @Override
  public VirtualMachine adopt(MachineSpec spec, MachineHandles handles, Fd keeper) {
    return QemuMachine.adopt(loop, spec, handles, keeper);
  }

  /**
   * KVM's part of a machine is in the kernel, and so is that of a device which the kernel
   * accelerates; a disk or a daemon's connection would be two machines' at once.
   */
  @Override
  public boolean savesProcess(MachineSpec spec) {
    return spec.accelerator() == Accelerator.TCG
        && spec.image().isEmpty()
        && !spec.sharesMemory()
        && spec.agentChannel() instanceof AgentChannel.SerialPort
        && spec.networkDevices().stream().allMatch(device -> device.accelerators().isEmpty());
  }

  @Override
  public String identity() {
    FileStatus file = Files.status(program);
    return program + " " + file.inode() + " " + file.size() + " " + file.modifiedNanos();
  }

  /** What a translated machine is to take for its clock's rate; KVM tells its guests itself. */
  private OptionalInt timeStampKilohertz(MachineSpec spec) {
    return switch (spec.accelerator()) {
      case KVM -> OptionalInt.empty();
      case TCG -> {
        if (measuredKilohertz == null) {
          measuredKilohertz = Clock.timeStampKilohertz();
        }
        yield measuredKilohertz;
      }
    };
  }

  private void check(MachineSpec spec) {
    for (Feature need : spec.needs()) {
      if (!features(spec.model()).contains(need)) {
        throw new HypervisorException("the hypervisor " + name() + " has not " + need.words());
      }
    }
    for (Share share : spec.shares()) {
      if (share instanceof Share.NineP nineP && !Files.isDirectory(nineP.directory())) {
        throw new HypervisorException(
            "the share '" + nineP.tag() + "' is no directory: " + nineP.directory());
      }
    }
  }
}
