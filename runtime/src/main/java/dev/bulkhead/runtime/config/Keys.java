package dev.bulkhead.runtime.config;

import dev.bulkhead.hypervisor.Disk;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice;
import java.util.List;
import java.util.Locale;

/** All keys of the configuration. What each one means stands in the shipped configuration.toml. */
final class Keys {
  private static final String QEMU = "hypervisor.qemu";
  private static final String AGENT = "agent.kata";
  private static final String RUNTIME = "runtime";
  private static final String FACTORY = "factory";
  private static final String IMAGE = "image";

  /**
   * Fewer hold no kernel with the agent; what the configured kernel needs is checked at the start.
   */
  private static final int LEAST_MEMORY_MIB = 48;

  private static final int MOST_MEMORY_MIB = 16 << 20;
  private static final int MOST_SECONDS = 24 * 60 * 60;

  static final Key<String> PATH = Key.path(QEMU, "path", "");
  static final Key<String> KERNEL = Key.path(QEMU, "kernel", "");
  static final Key<String> INITRD = Key.path(QEMU, "initrd", "");
  static final Key<String> DISK_IMAGE = Key.path(QEMU, "image", "");

  static final Key<MachineModel> MACHINE_TYPE =
      Key.choice(
          QEMU,
          "machine_type",
          List.of(MachineModel.values()),
          MachineModel::configName,
          MachineModel.Q35);

  static final Key<String> KERNEL_PARAMS = Key.text(QEMU, "kernel_params");

  static final Key<AcceleratorChoice.Wish> ACCEL =
      Key.choice(
          QEMU,
          "accel",
          List.of(AcceleratorChoice.Wish.values()),
          wish -> wish.name().toLowerCase(Locale.ROOT),
          AcceleratorChoice.Wish.AUTO);

  static final Key<Integer> DEFAULT_VCPUS =
      Key.integer(QEMU, "default_vcpus", 1, MachineSpec.MOST_VCPUS, "", 1);

  static final Key<Integer> DEFAULT_MAXVCPUS =
      Key.integer(
          QEMU, "default_maxvcpus", 0, MachineSpec.MOST_VCPUS, ", where 0 is all of the host's", 0);

  static final Key<Integer> DEFAULT_MEMORY =
      Key.integer(QEMU, "default_memory", LEAST_MEMORY_MIB, MOST_MEMORY_MIB, " (MiB)", 512);

  static final Key<Integer> DEFAULT_MAXMEMORY =
      Key.integer(
          QEMU, "default_maxmemory", 0, MOST_MEMORY_MIB, " (MiB), where 0 is all of the host's", 0);

  static final Key<Integer> OVERHEAD_MEMORY =
      Key.integer(QEMU, "overhead_memory", 0, MOST_MEMORY_MIB, " (MiB)", 128);

  static final Key<SharedFileSystem> SHARED_FS =
      Key.choice(
          QEMU,
          "shared_fs",
          List.of(SharedFileSystem.values()),
          SharedFileSystem::word,
          SharedFileSystem.VIRTIO_9P);

  /** The kernel's virtio transport takes no more than 125 pages. */
  static final Key<Integer> MSIZE_9P =
      Key.integer(QEMU, "msize_9p", 8192, 512_000, " (bytes)", 512_000);

  static final Key<String> CACHE_9P =
      Key.choice(QEMU, "cache_9p", List.of("none", "mmap", "loose"), word -> word, "mmap");

  static final Key<String> VIRTIO_FS_DAEMON = Key.path(QEMU, "virtio_fs_daemon", "");

  static final Key<String> VIRTIO_FS_CACHE =
      Key.choice(QEMU, "virtio_fs_cache", List.of("never", "auto", "always"), word -> word, "auto");

  static final Key<List<String>> VIRTIO_FS_EXTRA_ARGS =
      Key.list(QEMU, "virtio_fs_extra_args", "an array of strings", text -> true);

  static final Key<Integer> DEFAULT_BRIDGES =
      Key.integer(QEMU, "default_bridges", 0, Disk.MOST_BRIDGES, "", 1);

  static final Key<Boolean> DISABLE_BLOCK_DEVICE_USE =
      Key.flag(QEMU, "disable_block_device_use", false);

  static final Key<Boolean> USE_VSOCK = Key.flag(QEMU, "use_vsock", false);

  static final Key<Integer> DIAL_TIMEOUT =
      Key.integer(AGENT, "dial_timeout", 1, MOST_SECONDS, " (seconds)", 45);

  static final Key<List<String>> KERNEL_MODULES =
      Key.list(
          AGENT,
          "kernel_modules",
          "an array of strings, each a module's name and its parameters,",
          text -> !text.isBlank());

  static final Key<Boolean> DISABLE_GUEST_SECCOMP =
      Key.flag(RUNTIME, "disable_guest_seccomp", false);

  static final Key<Integer> CREATE_CONTAINER_TIMEOUT =
      Key.integer(RUNTIME, "create_container_timeout", 1, MOST_SECONDS, " (seconds)", 60);

  static final Key<InternetworkingModel> INTERNETWORKING_MODEL =
      Key.choice(
          RUNTIME,
          "internetworking_model",
          List.of(InternetworkingModel.values()),
          InternetworkingModel::word,
          InternetworkingModel.TCFILTER);

  static final Key<Integer> SPARE_NETWORK_DEVICES =
      Key.integer(RUNTIME, "spare_network_devices", 0, NetworkDevice.MOST, "", 0);

  static final Key<Boolean> ALLOW_HOST_NETWORK = Key.flag(RUNTIME, "allow_host_network", false);

  static final Key<Boolean> TEMPLATE = Key.flag(FACTORY, "template", true);

  static final Key<Boolean> TEMPLATE_PROCESS = Key.flag(FACTORY, "template_process", true);

  static final Key<String> TEMPLATE_PATH =
      Key.path(FACTORY, "template_path", "/dev/shm/bulkhead-templates");

  static final Key<Integer> TEMPLATE_LIMIT =
      Key.integer(FACTORY, "template_limit", 0, MOST_MEMORY_MIB, " (MiB)", 4096);

  static final Key<String> POOL_PATH = Key.path(FACTORY, "pool_path", "/run/bulkhead-pool");

  static final Key<String> STORE = Key.path(IMAGE, "store", "/var/lib/bulkhead");

  static final Key<Integer> ROOT_LIMIT =
      Key.integer(IMAGE, "root_limit", 0, MOST_MEMORY_MIB, " (MiB)", 8192);

  static final Key<List<String>> INSECURE_REGISTRIES =
      Key.list(
          IMAGE,
          "insecure_registries",
          "an array of strings, each a host name with or without a port,",
          Keys::isRegistry);

  static final List<Key<?>> ALL =
      List.of(
          PATH,
          KERNEL,
          INITRD,
          DISK_IMAGE,
          MACHINE_TYPE,
          KERNEL_PARAMS,
          ACCEL,
          DEFAULT_VCPUS,
          DEFAULT_MAXVCPUS,
          DEFAULT_MEMORY,
          DEFAULT_MAXMEMORY,
          OVERHEAD_MEMORY,
          SHARED_FS,
          MSIZE_9P,
          CACHE_9P,
          VIRTIO_FS_DAEMON,
          VIRTIO_FS_CACHE,
          VIRTIO_FS_EXTRA_ARGS,
          DEFAULT_BRIDGES,
          DISABLE_BLOCK_DEVICE_USE,
          USE_VSOCK,
          DIAL_TIMEOUT,
          KERNEL_MODULES,
          DISABLE_GUEST_SECCOMP,
          CREATE_CONTAINER_TIMEOUT,
          INTERNETWORKING_MODEL,
          SPARE_NETWORK_DEVICES,
          ALLOW_HOST_NETWORK,
          TEMPLATE,
          TEMPLATE_PROCESS,
          TEMPLATE_PATH,
          TEMPLATE_LIMIT,
          POOL_PATH,
          STORE,
          ROOT_LIMIT,
          INSECURE_REGISTRIES);

  private Keys() {}

  private static boolean isRegistry(String text) {
    return !text.isBlank() && text.indexOf('/') < 0 && text.indexOf(' ') < 0;
  }
}
