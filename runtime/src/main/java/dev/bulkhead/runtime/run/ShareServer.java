package dev.bulkhead.runtime.run;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.List;

/** How the guest gets at the shared directory, by the configuration's {@code shared_fs}. */
public sealed interface ShareServer {
  /** The server that the configuration names. */
  static ShareServer of(EventLoop loop, Configuration.Qemu qemu) {
    return switch (qemu.sharedFs()) {
      case VIRTIO_9P -> new NineP(qemu.msize9p(), qemu.cache9p());
      case VIRTIO_FS ->
          throw new HypervisorException(
              "shared_fs = \"virtio-fs\" is not supported yet; use \"virtio-9p\"");
    };
  }

  /** Begins to serve; closing the answer ends it. */
  Serving serve(SandboxDirectory directory, SharedDirectory shared);

  /**
   * A share that is served.
   *
   * @param share for the machine
   * @param storage how the guest mounts it
   * @param daemon what serves it beside the hypervisor
   */
  record Serving(Share share, Storage storage, AutoCloseable daemon) implements AutoCloseable {
    @Override
    public void close() {
      try {
        daemon.close();
      } catch (Exception e) {
        throw new IllegalStateException("the share's server did not end", e);
      }
    }
  }

  /**
   * The hypervisor's own server.
   *
   * @param messageSize bytes in one message between guest and host
   * @param cache the guest's caching
   */
  record NineP(int messageSize, String cache) implements ShareServer {
    @Override
    public Serving serve(SandboxDirectory directory, SharedDirectory shared) {
      Storage storage =
          Storage.DEFAULT
              .withDriver("9p")
              .withSource(SharedDirectory.TAG)
              .withFstype("9p")
              .withMountPoint(SharedDirectory.GUEST_PATH)
              .withOptions(
                  List.of(
                      "trans=virtio",
                      "version=9p2000.L",
                      "cache=" + cache,
                      "msize=" + messageSize));
      return new Serving(
          new Share.NineP(SharedDirectory.TAG, shared.path(), false), storage, () -> {});
    }
  }
}
