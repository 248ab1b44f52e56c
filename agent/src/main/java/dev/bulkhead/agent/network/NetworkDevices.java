package dev.bulkhead.agent.network;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.device.PciDevices;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.List;
import java.util.Optional;

/**
 * The machine's virtio network devices, in sysfs. A machine may have some that no interface of the
 * host is behind yet; such a device has no driver and so no interface, until the host names it.
 */
final class NetworkDevices {
  private static final String DRIVER_MODULE = "virtio_net";
  private static final String DRIVER = "/sys/bus/virtio/drivers/virtio_net";
  private static final String AUTOMATIC = "/sys/bus/virtio/drivers_autoprobe";
  private static final String DEVICES = "/sys/bus/virtio/devices";
  // As section 5 of the virtio specification numbers the types of devices.
  private static final String TYPE = "0x0001";

  private final KernelModules modules;
  private boolean driverLoaded;

  NetworkDevices(KernelModules modules) {
    this.modules = modules;
  }

  /**
   * The interface of the device at a PCI path, which gets its driver if it has none.
   *
   * @throws IllegalArgumentException if there is no network device
   */
  String open(String path) {
    loadDriver();
    String device = device(path);
    if (interfaceOf(device).isEmpty()) {
      bind(device);
    }
    return interfaceOf(device)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the device at the PCI path '" + path + "' is no network device"));
  }

  /** A device that was plugged in just now may get its driver by itself meanwhile. */
  private static void bind(String device) {
    try {
      Files.writeExisting(DRIVER + "/bind", name(device));
    } catch (LinuxException e) {
      if (e.errno() != Errno.EBUSY) {
        throw e;
      }
    }
  }

  /** Removes the interface of the device at a PCI path; a device without one is fine. */
  void close(String path) {
    loadDriver();
    String device = device(path);
    if (interfaceOf(device).isPresent()) {
      Files.writeExisting(DRIVER + "/unbind", name(device));
    }
  }

  /** Gives every network device its driver, for a host that names interfaces and not devices. */
  void openAll() {
    loadDriver();
    for (String device : all()) {
      if (!hasDriver(device)) {
        Files.writeExisting(DRIVER + "/bind", device);
      }
    }
  }

  /**
   * Loads the driver, of which no device gets an interface yet. A driver that is part of the kernel
   * has taken all devices, and gives them back.
   */
  void loadDriver() {
    if (driverLoaded) {
      return;
    }
    Files.writeExisting(AUTOMATIC, "0");
    try {
      modules.load(DRIVER_MODULE);
    } finally {
      Files.writeExisting(AUTOMATIC, "1");
    }
    for (String device : all()) {
      if (hasDriver(device)) {
        Files.writeExisting(DRIVER + "/unbind", device);
      }
    }
    driverLoaded = true;
  }

  private static List<String> all() {
    return Files.list(DEVICES).stream()
        .filter(device -> Files.readText(DEVICES + "/" + device + "/device").trim().equals(TYPE))
        .toList();
  }

  private static boolean hasDriver(String device) {
    return Files.exists(DEVICES + "/" + device + "/driver");
  }

  private static String device(String path) {
    return PciDevices.virtio(path)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no virtio device at the PCI path '" + path + "'"));
  }

  private static Optional<String> interfaceOf(String device) {
    String directory = device + "/net";
    List<String> names = Files.isDirectory(directory) ? Files.list(directory) : List.of();
    return names.stream().findFirst();
  }

  private static String name(String device) {
    return device.substring(device.lastIndexOf('/') + 1);
  }
}
