package dev.bulkhead.sandbox.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.LinuxDeviceCgroup;
import dev.bulkhead.sandbox.SandboxException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeviceAccessTest {
  private static final LinuxDevice DISK =
      LinuxDevice.DEFAULT.withPath("/dev/data").withType("b").withMajor(7).withMinor(3);

  private static LinuxDeviceCgroup rule(boolean allow, String type, String access) {
    return LinuxDeviceCgroup.DEFAULT.withAllow(allow).withType(type).withAccess(access);
  }

  private static LinuxDeviceCgroup rule(boolean allow, long minor, String access) {
    return rule(allow, "b", access).withMajor(7L).withMinor(minor);
  }

  private static DeviceAccess access(LinuxDeviceCgroup... rules) {
    return DeviceAccess.of(DISK, List.of(rules));
  }

  @Test
  void aRuleForTheDeviceGivesIt() {
    LinuxDeviceCgroup none = rule(false, "a", "rwm");
    assertEquals(DeviceAccess.WRITE, access(none, rule(true, 3, "rwm")));
    assertEquals(DeviceAccess.WRITE, access(none, rule(true, 3, "w")));
    assertEquals(DeviceAccess.READ, access(none, rule(true, 3, "rm")));
    assertEquals(DeviceAccess.NONE, access(none, rule(true, 3, "m")));
  }

  @Test
  void theLastRuleCounts() {
    assertEquals(DeviceAccess.READ, access(rule(true, 3, "rwm"), rule(true, 3, "r")));
    assertEquals(DeviceAccess.NONE, access(rule(true, 3, "rwm"), rule(false, 3, "rwm")));
  }

  @Test
  void rulesForOthersOrForAllGiveNoDisk() {
    assertEquals(DeviceAccess.NONE, access());
    assertEquals(DeviceAccess.NONE, access(rule(true, "a", "rwm")));
    assertEquals(DeviceAccess.NONE, access(rule(true, "b", "rwm")));
    assertEquals(DeviceAccess.NONE, access(rule(true, "b", "rwm").withMajor(7L)));
    assertEquals(DeviceAccess.NONE, access(rule(true, 4, "rwm")));
  }

  @Test
  void aRuleForAnotherTypeIsForAnotherDevice() {
    LinuxDevice terminal = DISK.withType("c");
    assertEquals(DeviceAccess.NONE, DeviceAccess.of(terminal, List.of(rule(true, 3, "rwm"))));
    assertEquals(
        DeviceAccess.WRITE,
        DeviceAccess.of(terminal, List.of(rule(true, "c", "rw").withMajor(7L).withMinor(3L))));
  }

  @Test
  void ofCharacterDevicesOnlyTheGuestsCanBeHad() {
    LinuxDevice kvm =
        LinuxDevice.DEFAULT.withPath("/dev/kvm").withType("c").withMajor(10).withMinor(232);
    SandboxException refused =
        assertThrows(SandboxException.class, () -> CharacterDevice.check(kvm));
    assertTrue(refused.getMessage().contains("'/dev/kvm' is a character device of the host"));
    CharacterDevice.check(kvm.withPath("/dev/fuse").withMinor(229));
    CharacterDevice.check(kvm.withPath("/dev/full").withMajor(1).withMinor(7));
  }
}
