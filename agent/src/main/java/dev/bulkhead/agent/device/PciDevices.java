package dev.bulkhead.agent.device;

import dev.bulkhead.linux.Files;
import java.util.Optional;

/** The machine's virtio devices in sysfs, by Kata's PCI paths. */
public final class PciDevices {
  private static final String ROOT_BUS = "/sys/devices/pci0000:00";

  private PciDevices() {}

  /**
   * The directory of the virtio device at a PCI path, if there is one by now.
   *
   * @throws IllegalArgumentException if the text is no path
   */
  public static Optional<String> virtio(String path) {
    Optional<String> directory = Optional.of(ROOT_BUS);
    for (String slot : PciPath.slots(path)) {
      directory = directory.flatMap(d -> child(d, name -> PciPath.isFunction(name, slot)));
    }
    return directory.flatMap(d -> child(d, name -> name.startsWith("virtio")));
  }

  private interface NameFilter {
    boolean accepts(String name);
  }

  private static Optional<String> child(String directory, NameFilter filter) {
    return Files.list(directory).stream()
        .filter(filter::accepts)
        .findFirst()
        .map(name -> directory + "/" + name);
  }
}
