package dev.bulkhead.guest;

import java.util.ArrayList;
import java.util.List;

/** The modules that an agent needs, by what it needs them for. */
final class WantedModules {
  /** Loaded at once: the way to the agent. A kernel without them cannot be used. */
  static final List<String> AT_BOOT = List.of("virtio_pci", "virtio_console");

  /** Loaded when they are wanted: the kinds of devices and file systems that a sandbox may have. */
  static final List<String> ON_DEMAND =
      List.of(
          // Directories shared by the host.
          "9pnet_virtio",
          "9p",
          "virtiofs",
          // Network, and the tunnels that containers make.
          "virtio_net",
          "tun",
          // Disks and what is on them.
          "virtio_blk",
          "ext4",
          "erofs",
          "loop",
          "overlay",
          // Another way to the agent.
          "vmw_vsock_virtio_transport",
          // Entropy, and memory that comes and goes.
          "virtio_rng",
          "virtio_balloon",
          "virtio_mem");

  private WantedModules() {}

  /** All of them, in the order to put them into an index. */
  static List<String> all() {
    List<String> all = new ArrayList<>(AT_BOOT);
    all.addAll(ON_DEMAND);
    return List.copyOf(all);
  }
}
