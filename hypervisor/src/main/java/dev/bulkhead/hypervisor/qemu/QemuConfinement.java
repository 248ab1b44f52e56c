package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.Confinement;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What QEMU sees and may do, by the machine that it runs. */
final class QemuConfinement {
  // What a guest's root can do to files on its 9p share, QEMU does for it on the host. Not
  // DAC_READ_SEARCH, which would open files of the host outside of the share by their handles.
  private static final Set<String> FILE_SERVER =
      Set.of("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD", "SETFCAP");
  private static final Set<String> FILE_READER = Set.of("DAC_OVERRIDE");

  private QemuConfinement() {}

  /** The room for a machine's QEMU. */
  static Confinement of(String program, MachineSpec spec) {
    List<String> devices = new ArrayList<>(List.of("/dev/null", "/dev/urandom"));
    if (spec.accelerator() == Accelerator.KVM) {
      devices.add("/dev/kvm");
    }
    List<Confinement.Exposed> exposed = new ArrayList<>();
    Set<String> capabilities = Set.of();
    for (int i = 0; i < spec.shares().size(); i++) {
      if (spec.shares().get(i) instanceof Share.NineP nineP) {
        exposed.add(
            new Confinement.Exposed(
                nineP.directory(),
                shareDirectory(i),
                nineP.readOnly() ? Confinement.Writing.NOTHING : Confinement.Writing.MOUNTS_BELOW));
        if (!nineP.readOnly()) {
          capabilities = FILE_SERVER;
        } else if (capabilities.isEmpty()) {
          capabilities = FILE_READER;
        }
      }
    }
    return new Confinement(program, exposed, devices, capabilities);
  }

  /** Where QEMU sees the directory of a machine's share of this index. */
  static String shareDirectory(int index) {
    return "/share" + index;
  }
}
