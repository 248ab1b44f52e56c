package dev.bulkhead.agent.device;

import dev.bulkhead.agentapi.Device;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The devices that come with a container, in its specification. */
public final class ContainerDevices {
  private ContainerDevices() {}

  /**
   * A specification with this guest's numbers for the devices of the host that disks stand for.
   *
   * @throws IllegalArgumentException if a device is no disk, or the specification lacks it
   */
  public static Spec resolve(Spec spec, List<Device> devices) {
    return resolve(spec, devices, pciPath -> Files.status(Disks.node(pciPath)));
  }

  static Spec resolve(Spec spec, List<Device> devices, Function<String, FileStatus> node) {
    List<LinuxDevice> resolved = new ArrayList<>(spec.linux().devices());
    for (Device device : devices) {
      if (!device.type().equals(Disks.DRIVER)) {
        throw new IllegalArgumentException(
            "devices of the type '" + device.type() + "' are not supported");
      }
      FileStatus status = node.apply(device.id());
      if (!resolved.removeIf(other -> other.path().equals(device.containerPath()))) {
        throw new IllegalArgumentException(
            "the specification has no device '" + device.containerPath() + "'");
      }
      LinuxDevice described = find(spec, device.containerPath());
      resolved.add(described.withMajor(status.rdevMajor()).withMinor(status.rdevMinor()));
    }
    return devices.isEmpty() ? spec : spec.withLinux(spec.linux().withDevices(resolved));
  }

  private static LinuxDevice find(Spec spec, String path) {
    return spec.linux().devices().stream()
        .filter(device -> device.path().equals(path))
        .findFirst()
        .orElseThrow();
  }
}
