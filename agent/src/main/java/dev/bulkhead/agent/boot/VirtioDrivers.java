package dev.bulkhead.agent.boot;

import dev.bulkhead.linux.Files;
import java.util.List;

/**
 * The drivers of the devices that the machine has, but for the network's. They are loaded before
 * anybody wants them, so that a saved machine has them: its clones would each load and translate
 * them again.
 */
public final class VirtioDrivers {
  /** What disks want. */
  public static final List<String> DISK = List.of("virtio_blk");

  /** What directories shared over 9p want. */
  public static final List<String> NINE_P = List.of("9pnet_virtio", "9p");

  /** What directories shared over virtio-fs want. */
  public static final List<String> VIRTIO_FS = List.of("virtiofs");

  private static final List<String> BALLOON = List.of("virtio_balloon");
  private static final String DEVICES = "/sys/bus/virtio/devices";

  private VirtioDrivers() {}

  /** Loads what the devices want that are there now. */
  public static void load(KernelModules modules) {
    if (!Files.isDirectory(DEVICES)) {
      return;
    }
    for (String device : Files.list(DEVICES)) {
      Files.readTextIfExists(DEVICES + "/" + device + "/device")
          .ifPresent(type -> drivers(type.trim()).forEach(modules::load));
    }
  }

  /** Drivers by a device's type, as section 5 of the virtio specification numbers them. */
  static List<String> drivers(String type) {
    return switch (type) {
      case "0x0002" -> DISK;
      case "0x0005" -> BALLOON;
      case "0x0009" -> NINE_P;
      case "0x001a" -> VIRTIO_FS;
      default -> List.of();
    };
  }
}
