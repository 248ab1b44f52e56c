package dev.bulkhead.runtime.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.hypervisor.kvm.AcceleratorChoice.Wish;
import dev.bulkhead.hypervisor.kvm.KvmVerdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostCheckTest {
  @ParameterizedTest
  @CsvSource({
    "5.11.22, FAIL",
    "4.19.0-27-amd64, FAIL",
    "5.12, OK",
    "6.1.0-56-amd64, OK",
    "10.0-rc1, OK",
    "strange, FAIL"
  })
  void knowsWhichKernelsAreTooOld(String release, Finding.Level level) {
    assertEquals(level, HostCheck.hostKernel(release).level());
  }

  @Test
  void kvmIsNeededOnlyWhereItIsWishedFor() {
    KvmVerdict absent = new KvmVerdict.Absent("no module", "modprobe kvm_intel");
    assertEquals(Finding.Level.OK, HostCheck.kvm(Wish.TCG, absent).level());
    Finding warning = HostCheck.kvm(Wish.AUTO, absent);
    assertEquals(Finding.Level.WARNING, warning.level());
    assertEquals("modprobe kvm_intel", warning.remedy());
    assertFalse(warning.words().contains("modprobe"), warning.words());
    Finding fail = HostCheck.kvm(Wish.KVM, new KvmVerdict.EmulatesOnly(1_000_000));
    assertEquals(Finding.Level.FAIL, fail.level());
    assertTrue(fail.remedy().contains("nested"), fail.remedy());
    assertEquals(
        Finding.Level.OK, HostCheck.kvm(Wish.KVM, new KvmVerdict.Usable(2_000_000_000)).level());
  }

  @Test
  void vsockIsNeededOnlyWhereItIsAskedFor() {
    assertEquals(Finding.Level.OK, HostCheck.vsock(true, Optional.empty()).level());
    assertEquals(Finding.Level.OK, HostCheck.vsock(false, Optional.of("absent")).level());
    Finding fail = HostCheck.vsock(true, Optional.of("absent"));
    assertEquals(Finding.Level.FAIL, fail.level());
    assertEquals("absent, and use_vsock is true", fail.words());
  }

  @Test
  void aMachineHasToFitIntoTheHost() {
    assertEquals(Finding.Level.OK, HostCheck.memory(512, 513).level());
    assertEquals(Finding.Level.FAIL, HostCheck.memory(512, 512).level());
  }

  @Test
  void theReportEndsWithTheVerdict() {
    Finding good = Finding.ok("user", "root");
    Finding poor = Finding.warning("KVM", "absent", "load it");
    HostReport capable = new HostReport(List.of(good, poor));
    assertTrue(capable.capable());
    assertFalse(capable.perfect());
    assertEquals(
        """
        ok       user         root
        warning  KVM          absent
                              -> load it
        This host can run containers.
        System is capable of running Kata Containers
        System can currently create Kata Containers
        """,
        capable.text(true));
    HostReport incapable = new HostReport(List.of(good, Finding.fail("QEMU", "not found", "x")));
    assertFalse(incapable.capable());
    assertFalse(incapable.text(true).contains("Kata"));
    assertTrue(incapable.json().startsWith("{\n  \"capable\":false,"), incapable.json());
  }

  @Test
  void readsFieldsOfTheSystemsFiles() {
    assertEquals(
        "Debian GNU/Linux", EnvironmentReport.field("A=b\nNAME=\"Debian GNU/Linux\"", "NAME", '='));
    assertEquals(
        "X: 5", EnvironmentReport.field("model\t: 3\nmodel name\t: X: 5\n", "model name", ':'));
    assertEquals("", EnvironmentReport.field("", "NAME", '='));
  }
}
