package dev.bulkhead.runtime.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxResources;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MachineSettingsTest {
  private static final MachineSettings SETTINGS =
      new MachineSettings(
          "/kernel",
          Optional.empty(),
          Optional.empty(),
          MachineModel.Q35,
          Accelerator.TCG,
          List.of(),
          new MachineSettings.Size(256, 96, 5000),
          new MachineSettings.Processors(1, 4),
          1);

  @Test
  void aContainerWithoutLimitsGetsTheDefaults() {
    assertEquals(256, SETTINGS.memoryMib(LinuxResources.DEFAULT));
    assertEquals(1, SETTINGS.vcpus(LinuxCpu.DEFAULT));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 256",
    "167772160, 256",
    "167772161, 512",
    "2046820352, 2048",
    "2046820353, 3072",
    "5142216704, 5000",
    "-1, 256",
    "0, 256"
  })
  void aLimitGetsTheOverheadOnTopAndTheNextStep(long bytes, int mib) {
    LinuxMemory memory = LinuxMemory.DEFAULT.withLimit(bytes);
    assertEquals(mib, SETTINGS.memoryMib(LinuxResources.DEFAULT.withMemory(memory)));
  }

  @Test
  void aLimitBeyondTheMostIsRefused() {
    LinuxResources resources =
        LinuxResources.DEFAULT.withMemory(LinuxMemory.DEFAULT.withLimit(1L << 40));
    assertThrows(HypervisorException.class, () -> SETTINGS.memoryMib(resources));
  }

  @ParameterizedTest
  @CsvSource({"50000, 100000, 1", "150000, 100000, 2", "200000, 0, 2", "900000, 100000, 4"})
  void aQuotaIsRoundedUpToProcessors(long quota, long period, int vcpus) {
    LinuxCpu cpu = LinuxCpu.DEFAULT.withQuota(quota).withPeriod(period);
    assertEquals(vcpus, SETTINGS.vcpus(cpu));
  }
}
