package dev.bulkhead.hypervisor.qemu;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.qmp.QmpClient;
import dev.bulkhead.hypervisor.qmp.QmpException;
import dev.bulkhead.linux.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Network devices that a running machine is given, behind its bridges. */
final class QemuNetworks {
  private static final long COMMAND_TIMEOUT_MILLIS = 10_000;

  private final QmpClient monitor;
  private final DiskPlaces places;

  QemuNetworks(QmpClient monitor, DiskPlaces places) {
    this.monitor = monitor;
    this.places = places;
  }

  /** Gives the machine a device and answers it at its place. */
  NetworkDevice add(NetworkDevice device) throws QmpException {
    Optional<DiskPlaces.Place> free = places.take();
    if (free.isEmpty()) {
      throw new HypervisorException("this machine takes no more devices while it runs");
    }
    DiskPlaces.Place place = free.get();
    try {
      plug(device, place);
    } catch (QmpException e) {
      places.free(place);
      throw e;
    }
    return device.at(place.pciPath());
  }

  private void plug(NetworkDevice device, DiskPlaces.Place place) throws QmpException {
    String name = "plugged" + place.number();
    JsonObject backend = new JsonObject();
    backend.put("type", "tap");
    backend.put("id", name);
    backend.put("fds", give(name + "-tap", device.taps()));
    if (!device.accelerators().isEmpty()) {
      backend.put("vhost", true);
      backend.put("vhostfds", give(name + "-vhost", device.accelerators()));
    }
    call("netdev_add", backend);
    JsonObject frontend = new JsonObject();
    frontend.put("driver", "virtio-net-pci");
    frontend.put("netdev", name);
    frontend.put("bus", DiskPlaces.bus(place.bridge()));
    frontend.put("addr", place.address());
    frontend.put("disable-legacy", "on");
    frontend.put("romfile", "");
    if (device.taps().size() > 1) {
      frontend.put("mq", true);
      frontend.put("vectors", QemuCommandLine.vectors(device));
    }
    try {
      call("device_add", frontend);
    } catch (QmpException e) {
      JsonObject gone = new JsonObject();
      gone.put("id", name);
      call("netdev_del", gone);
      throw e;
    }
  }

  /** Gives QEMU descriptors under names, and answers these as its options have them. */
  private String give(String prefix, List<Fd> descriptors) throws QmpException {
    List<String> names = new ArrayList<>();
    for (Fd descriptor : descriptors) {
      names.add(prefix + names.size());
      monitor.giveDescriptor(names.getLast(), descriptor, COMMAND_TIMEOUT_MILLIS);
    }
    return String.join(":", names);
  }

  private void call(String command, JsonObject arguments) throws QmpException {
    monitor.call(command, arguments, COMMAND_TIMEOUT_MILLIS);
  }
}
