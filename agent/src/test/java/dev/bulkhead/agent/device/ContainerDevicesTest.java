package dev.bulkhead.agent.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.agentapi.Device;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Spec;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContainerDevicesTest {
  private static final FileStatus NODE =
      new FileStatus(FileStatus.BLOCK_DEVICE, 0, 0, 1, 0, 0, 0, 0, 5, 254, 16);
  private static final Device DISK =
      Device.DEFAULT.withType("blk").withId("18/01").withContainerPath("/dev/data");

  private static Spec spec(LinuxDevice... devices) {
    return Spec.DEFAULT.withLinux(Linux.DEFAULT.withDevices(List.of(devices)));
  }

  private static LinuxDevice device(String path) {
    return LinuxDevice.DEFAULT.withPath(path).withType("b").withMajor(7).withMinor(0).withUid(4);
  }

  @Test
  void aDiskGetsTheNumbersThatItHasHere() {
    Spec resolved =
        ContainerDevices.resolve(
            spec(device("/dev/other"), device("/dev/data")), List.of(DISK), pciPath -> NODE);
    assertEquals(
        List.of(device("/dev/other"), device("/dev/data").withMajor(254).withMinor(16)),
        resolved.linux().devices());
  }

  @Test
  void withoutDisksNothingChanges() {
    Spec spec = spec(device("/dev/other"));
    assertSame(spec, ContainerDevices.resolve(spec, List.of(), pciPath -> NODE));
  }

  @Test
  void whatIsNoDiskOrNotInTheSpecificationIsRefused() {
    Spec spec = spec(device("/dev/other"));
    assertThrows(
        IllegalArgumentException.class,
        () -> ContainerDevices.resolve(spec, List.of(DISK), pciPath -> NODE));
    assertThrows(
        IllegalArgumentException.class,
        () -> ContainerDevices.resolve(spec, List.of(DISK.withType("scsi")), pciPath -> NODE));
  }
}
