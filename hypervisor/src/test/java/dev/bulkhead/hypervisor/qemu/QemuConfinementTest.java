package dev.bulkhead.hypervisor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.Confinement;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.Fd;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QemuConfinementTest {
  @Test
  void keepsNoRightWithoutFilesToServe() {
    Confinement none = confinement(Accelerator.TCG, List.of());
    assertEquals(Set.of(), none.capabilities());
    assertEquals(List.of(), none.exposed());
    Confinement daemon =
        confinement(Accelerator.TCG, List.of(new Share.VirtioFs("t", new Fd(9, "daemon"))));
    assertEquals(Set.of(), daemon.capabilities());
    assertEquals(List.of(), daemon.exposed());
  }

  @Test
  void showsEachServedDirectoryAtItsOwnPlace() {
    Confinement confinement =
        confinement(
            Accelerator.TCG,
            List.of(
                new Share.NineP("a", "/run/a", true),
                new Share.VirtioFs("b", new Fd(9, "daemon")),
                new Share.NineP("c", "/run/c", false)));
    assertEquals(
        List.of(
            new Confinement.Exposed("/run/a", "/share0", Confinement.Writing.NOTHING),
            new Confinement.Exposed("/run/c", "/share2", Confinement.Writing.MOUNTS_BELOW)),
        confinement.exposed());
    assertTrue(confinement.capabilities().containsAll(Set.of("CHOWN", "FOWNER", "MKNOD")));
    assertFalse(confinement.capabilities().contains("SYS_ADMIN"));
    assertFalse(confinement.capabilities().contains("DAC_READ_SEARCH"));
  }

  @Test
  void readsWithLessThanItWrites() {
    assertEquals(
        Set.of("DAC_OVERRIDE"),
        confinement(Accelerator.TCG, List.of(new Share.NineP("a", "/a", true))).capabilities());
  }

  @Test
  void showsKvmToWhoUsesIt() {
    assertTrue(confinement(Accelerator.KVM, List.of()).devices().contains("/dev/kvm"));
    assertFalse(confinement(Accelerator.TCG, List.of()).devices().contains("/dev/kvm"));
  }

  private static Confinement confinement(Accelerator accelerator, List<Share> shares) {
    return QemuConfinement.of(
        "/usr/bin/qemu",
        new MachineSpec(
            "a",
            "/k",
            Optional.empty(),
            Optional.empty(),
            MachineModel.Q35,
            accelerator,
            256,
            1,
            List.of(),
            shares,
            List.of(),
            0,
            new AgentChannel.SerialPort()));
  }
}
