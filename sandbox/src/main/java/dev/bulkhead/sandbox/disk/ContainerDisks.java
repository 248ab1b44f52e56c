package dev.bulkhead.sandbox.disk;

import dev.bulkhead.agentapi.Device;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.Disk;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.DeviceNumber;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.LinuxDeviceCgroup;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The disks of one container. They are opened while its specification is rewritten, plugged into
 * the machine when that runs, and taken out by {@link #close} when the container is no more.
 */
public final class ContainerDisks implements AutoCloseable {
  /** Where the guest has them; a directory of its own, which is no share of the host. */
  private static final String GUEST_PATH = "/run/kata-containers/sandbox/disks";

  private static final String DRIVER = "blk";
  private static final String NODE_ALONE = "bind";

  private final String containerId;
  private final List<Unplugged> unplugged = new ArrayList<>();
  private final List<String> plugged = new ArrayList<>();
  private final Map<String, String> directVolumes = new LinkedHashMap<>();
  private final Map<String, String> mounted = new HashMap<>();
  private Optional<VirtualMachine> machine = Optional.empty();
  private int count;

  /** For a container that has none yet. */
  public ContainerDisks(String containerId) {
    this.containerId = containerId;
  }

  /** What the guest is to do with a disk. */
  private sealed interface Use {
    /** Mounts what is on it, or binds its node. */
    record Mounted(String fsType, List<String> options, String mountPoint) implements Use {}

    /** Mounts what is on it below a layer in memory, to which all is written. */
    record Layered(String fsType, String mountPoint) implements Use {}

    /** Makes it a device of the container. */
    record Node(String containerPath) implements Use {}
  }

  private record Unplugged(Disk disk, Use use) {}

  /** Where a mounted disk is in the guest, and where in the machine. */
  public record Place(String guestPath, String pciPath) {}

  /** What the guest is told of the disks that it got. */
  public record Plugged(List<Storage> storages, List<Device> devices) {}

  /**
   * Has the guest mount a disk's file system.
   *
   * @param source a block device or a file with a disk's content; nobody else on the host can mount
   *     the device while a guest that may write has it
   * @param fsType a file system that the guest's kernel has
   * @param options those of mount(8)
   * @return where the guest has it
   * @throws dev.bulkhead.sandbox.SandboxException if the source cannot be had
   */
  public String addFileSystem(String source, String fsType, List<String> options) {
    boolean readOnly = options.contains("ro");
    return addMounted(HostDisk.open(source, readOnly, true), fsType, options);
  }

  /**
   * Has the guest mount a directly assigned volume of the host.
   *
   * @param volumePath what a specification names
   * @return where the guest has it, or empty if the path stands for none
   */
  public Optional<String> addDirectVolume(String volumePath, boolean readOnly) {
    return DirectVolumes.OF_HOST
        .find(volumePath)
        .map(
            volume -> {
              List<String> options = new ArrayList<>(volume.options());
              if (readOnly) {
                options.add("ro");
              }
              String mountPoint = addFileSystem(volume.device(), volume.fsType(), options);
              directVolumes.put(volumePath, mountPoint);
              return mountPoint;
            });
  }

  /** The directly assigned volumes that it has. */
  public List<String> directVolumes() {
    return List.copyOf(directVolumes.keySet());
  }

  /** Where a directly assigned volume is, if it has it and it is plugged in. */
  public Optional<Place> directVolume(String volumePath) {
    return Optional.ofNullable(directVolumes.get(volumePath))
        .filter(mounted::containsKey)
        .map(mountPoint -> new Place(mountPoint, mounted.get(mountPoint)));
  }

  /** Lends a block device as a file; answers where the guest has it. */
  public String addFile(String source, boolean readOnly) {
    return addMounted(HostDisk.open(source, readOnly, false), NODE_ALONE, List.of());
  }

  /**
   * Has the guest mount a disk's file system, which stays as it is: what is written above it lies
   * in memory and is at most half of that.
   *
   * @return where the guest has it
   */
  public String addLayered(String source, String fsType) {
    String mountPoint = newMountPoint();
    Disk disk = HostDisk.open(source, true, false);
    unplugged.add(new Unplugged(disk, new Use.Layered(fsType, mountPoint)));
    return mountPoint;
  }

  private String newMountPoint() {
    return GUEST_PATH + "/" + containerId + "-" + count++;
  }

  private String addMounted(Disk disk, String fsType, List<String> options) {
    String mountPoint = newMountPoint();
    unplugged.add(new Unplugged(disk, new Use.Mounted(fsType, options, mountPoint)));
    return mountPoint;
  }

  /**
   * Opens the block devices that a specification gives to its container by a rule for each. A rule
   * for all devices, as of a privileged container, gives it none of the host's disks.
   *
   * @throws dev.bulkhead.sandbox.SandboxException if it gives a character device that the guest has
   *     not, or if a disk cannot be had
   */
  public void addDevices(Spec spec) {
    List<LinuxDeviceCgroup> rules = spec.linux().resources().devices();
    for (LinuxDevice device : spec.linux().devices()) {
      DeviceAccess access = DeviceAccess.of(device, rules);
      if (access != DeviceAccess.NONE) {
        switch (device.type()) {
          case "b" -> addDevice(device, access == DeviceAccess.READ);
          case "c", "u" -> CharacterDevice.check(device);
          default -> {
            // A fifo, which the guest makes, or something that it refuses.
          }
        }
      }
    }
  }

  private void addDevice(LinuxDevice device, boolean readOnly) {
    Disk disk =
        HostDisk.open(
            device.path(), new DeviceNumber(true, device.major(), device.minor()), readOnly);
    unplugged.add(new Unplugged(disk, new Use.Node(device.path())));
  }

  /**
   * Plugs all in. After a failure {@link #close} takes out those that were.
   *
   * @throws dev.bulkhead.hypervisor.HypervisorException if the machine has no place for one
   */
  public Plugged plug(VirtualMachine running) {
    machine = Optional.of(running);
    List<Storage> storages = new ArrayList<>();
    List<Device> devices = new ArrayList<>();
    while (!unplugged.isEmpty()) {
      Unplugged next = unplugged.getFirst();
      String pciPath = running.addDisk(next.disk());
      plugged.add(pciPath);
      // The hypervisor has its own descriptor by now.
      next.disk().content().close();
      unplugged.removeFirst();
      switch (next.use()) {
        case Use.Mounted(String fsType, List<String> options, String mountPoint) -> {
          mounted.put(mountPoint, pciPath);
          storages.add(storage(DRIVER, pciPath, fsType, options, mountPoint));
        }
        case Use.Layered(String fsType, String mountPoint) ->
            storages.addAll(layers(pciPath, fsType, mountPoint));
        case Use.Node(String containerPath) ->
            devices.add(
                Device.DEFAULT.withType(DRIVER).withId(pciPath).withContainerPath(containerPath));
      }
    }
    return new Plugged(storages, devices);
  }

  private static List<Storage> layers(String pciPath, String fsType, String mountPoint) {
    String lower = mountPoint + "-lower";
    String memory = mountPoint + "-memory";
    List<String> layers =
        List.of(
            "lowerdir=" + lower, "upperdir=" + memory + "/upper", "workdir=" + memory + "/work");
    return List.of(
        storage(DRIVER, pciPath, fsType, List.of("ro"), lower),
        storage("ephemeral", "tmpfs", "tmpfs", List.of("mode=0700", "size=50%"), memory),
        storage("overlayfs", "overlay", "overlay", layers, mountPoint));
  }

  private static Storage storage(
      String driver, String source, String fsType, List<String> options, String mountPoint) {
    return Storage.DEFAULT
        .withDriver(driver)
        .withSource(source)
        .withFstype(fsType)
        .withOptions(options)
        .withMountPoint(mountPoint);
  }

  /**
   * Takes all out of a machine that still runs, and lets go of those that never were in.
   *
   * @throws dev.bulkhead.hypervisor.HypervisorException if the guest keeps one
   */
  @Override
  public void close() {
    unplugged.forEach(next -> next.disk().content().close());
    unplugged.clear();
    Optional<HypervisorException> kept = Optional.empty();
    while (!plugged.isEmpty()) {
      String pciPath = plugged.removeLast();
      try {
        machine.filter(running -> running.exit().isEmpty()).ifPresent(m -> m.removeDisk(pciPath));
      } catch (HypervisorException e) {
        kept = kept.or(() -> Optional.of(e));
      }
    }
    if (kept.isPresent()) {
      throw kept.get();
    }
  }
}
