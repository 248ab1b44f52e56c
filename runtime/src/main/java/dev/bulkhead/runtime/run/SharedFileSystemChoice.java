package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.virtiofs.VirtiofsdProgram;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.SharedFileSystem;

/** What {@code shared_fs = "auto"} comes to on this host. */
public final class SharedFileSystemChoice {
  private SharedFileSystemChoice() {}

  /**
   * The way of sharing that is configured, or the best one: 9p where machines are clones, which
   * none with virtio-fs can be, and else virtio-fs where its daemon is installed.
   */
  public static SharedFileSystem of(EventLoop loop, Configuration configuration) {
    SharedFileSystem wish = configuration.qemu().sharedFs();
    if (wish != SharedFileSystem.AUTO) {
      return wish;
    }
    return !configuration.factory().template() && hasDaemon(loop, configuration.qemu())
        ? SharedFileSystem.VIRTIO_FS
        : SharedFileSystem.VIRTIO_9P;
  }

  private static boolean hasDaemon(EventLoop loop, Configuration.Qemu qemu) {
    try {
      VirtiofsdProgram.find(loop, qemu.virtioFsDaemon());
      return true;
    } catch (HypervisorException e) {
      // Then there is another way.
      return false;
    }
  }
}
