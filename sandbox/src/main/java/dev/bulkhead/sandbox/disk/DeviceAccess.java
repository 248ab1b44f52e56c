package dev.bulkhead.sandbox.disk;

import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.LinuxDeviceCgroup;
import java.util.List;

/** What a container may do with a device of the host. */
enum DeviceAccess {
  /** It was not given this device; a rule for all devices gives it none of the host. */
  NONE,
  READ,
  WRITE;

  /**
   * The access by the rules of a specification, of which the last that names the device counts.
   *
   * @param rules {@code linux.resources.devices}
   */
  static DeviceAccess of(LinuxDevice device, List<LinuxDeviceCgroup> rules) {
    DeviceAccess access = NONE;
    for (LinuxDeviceCgroup rule : rules) {
      if (names(rule, device)) {
        access = !rule.allow() ? NONE : given(rule.access());
      }
    }
    return access;
  }

  private static boolean names(LinuxDeviceCgroup rule, LinuxDevice device) {
    return rule.type().equals(device.type())
        && rule.hasMajor()
        && rule.hasMinor()
        && rule.major() == device.major()
        && rule.minor() == device.minor();
  }

  private static DeviceAccess given(String letters) {
    if (letters.contains("w")) {
      return WRITE;
    }
    return letters.contains("r") ? READ : NONE;
  }
}
