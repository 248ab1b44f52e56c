package dev.bulkhead.hypervisor.qemu;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.hypervisor.Disk;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.qmp.QmpClient;
import dev.bulkhead.hypervisor.qmp.QmpException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The disks that a running machine has been given. QEMU gets each as a descriptor in a set of its
 * own, by which it opens what it could not see.
 */
final class QemuDisks {
  private static final long COMMAND_TIMEOUT_MILLIS = 10_000;

  /** The guest's kernel takes the driver away first, which a busy one does late. */
  private static final long REMOVAL_TIMEOUT_MILLIS = 30_000;

  private final EventLoop loop;
  private final QmpClient monitor;
  private final DiskPlaces places;
  private final Map<String, DiskPlaces.Place> disks = new HashMap<>();
  private final Set<String> removed = new HashSet<>();
  private boolean ended;

  QemuDisks(EventLoop loop, QmpClient monitor, DiskPlaces places) {
    this.loop = loop;
    this.monitor = monitor;
    this.places = places;
  }

  /** Gives the machine a disk and answers its PCI path. */
  String add(Disk disk) throws QmpException {
    Optional<DiskPlaces.Place> free = places.take();
    if (free.isEmpty()) {
      throw new HypervisorException(
          places.most() == 0
              ? "this machine takes no disks while it runs; set machine_type to \"q35\" and"
                  + " default_bridges to 1 or more"
              : "this machine has its "
                  + places.most()
                  + " disks already; for more raise default_bridges");
    }
    DiskPlaces.Place place = free.get();
    try {
      plug(disk, place);
    } catch (QmpException e) {
      places.free(place);
      throw e;
    }
    disks.put(place.pciPath(), place);
    return place.pciPath();
  }

  private void plug(Disk disk, DiskPlaces.Place place) throws QmpException {
    monitor.giveDescriptor(place.number(), disk.content(), COMMAND_TIMEOUT_MILLIS);
    try {
      call("blockdev-add", node(disk, place));
      try {
        call("device_add", device(place));
      } catch (QmpException e) {
        call("blockdev-del", named("node-name", nodeName(place)));
        throw e;
      }
    } catch (QmpException e) {
      call("remove-fd", descriptorSet(place));
      throw e;
    }
  }

  private static JsonObject node(Disk disk, DiskPlaces.Place place) {
    boolean device = Files.status(disk.content()).type() == FileStatus.BLOCK_DEVICE;
    JsonObject file = named("driver", device ? "host_device" : "file");
    file.put("filename", "/dev/fdset/" + place.number());
    JsonObject node = named("driver", "raw");
    node.put("node-name", nodeName(place));
    node.put("read-only", disk.readOnly());
    node.put("discard", "unmap");
    node.put("file", file);
    return node;
  }

  private static JsonObject device(DiskPlaces.Place place) {
    JsonObject device = named("driver", "virtio-blk-pci");
    device.put("id", deviceName(place));
    device.put("drive", nodeName(place));
    device.put("bus", DiskPlaces.bus(place.bridge()));
    device.put("addr", place.address());
    // Without ports, of which a PC has few.
    device.put("disable-legacy", "on");
    // The guest hears of a full host and goes on; the machine would stop otherwise.
    device.put("werror", "report");
    device.put("rerror", "report");
    return device;
  }

  private static String nodeName(DiskPlaces.Place place) {
    return "node" + place.number();
  }

  private static String deviceName(DiskPlaces.Place place) {
    return "disk" + place.number();
  }

  private static JsonObject named(String key, String value) {
    JsonObject object = new JsonObject();
    object.put(key, value);
    return object;
  }

  private static JsonObject descriptorSet(DiskPlaces.Place place) {
    JsonObject arguments = new JsonObject();
    arguments.put("fdset-id", place.number());
    return arguments;
  }

  /** Takes a disk away and waits until the guest has let go of it. */
  void remove(String pciPath) throws QmpException {
    DiskPlaces.Place place = place(pciPath);
    String device = deviceName(place);
    call("device_del", named("id", device));
    loop.runUntil(() -> ended || removed.contains(device), REMOVAL_TIMEOUT_MILLIS);
    if (ended) {
      return;
    }
    if (!removed.contains(device)) {
      throw new HypervisorException("the guest does not let go of its disk " + pciPath);
    }
    removed.remove(device);
    call("blockdev-del", named("node-name", nodeName(place)));
    call("remove-fd", descriptorSet(place));
    disks.remove(pciPath);
    places.free(place);
  }

  /** Tells the guest that a disk has another size now. */
  void resize(String pciPath, long bytes) throws QmpException {
    JsonObject arguments = named("node-name", nodeName(place(pciPath)));
    arguments.put("size", bytes);
    call("block_resize", arguments);
  }

  private DiskPlaces.Place place(String pciPath) {
    DiskPlaces.Place place = disks.get(pciPath);
    if (place == null) {
      throw new HypervisorException("the machine has no disk " + pciPath);
    }
    return place;
  }

  /** QEMU is gone, and with it all disks. */
  void machineEnded() {
    ended = true;
  }

  /** QEMU says that a device is gone. */
  void deviceDeleted(String device) {
    // The others are none of what is plugged here.
    if (disks.values().stream().anyMatch(place -> deviceName(place).equals(device))) {
      removed.add(device);
    }
  }

  private void call(String command, JsonObject arguments) throws QmpException {
    monitor.call(command, arguments, COMMAND_TIMEOUT_MILLIS);
  }
}
