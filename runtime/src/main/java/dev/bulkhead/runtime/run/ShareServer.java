package dev.bulkhead.runtime.run;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.List;

/** How the guest gets at the shared directory, by the configuration's {@code shared_fs}. */
public sealed interface ShareServer {
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
   * @param messageSize bytes in one message between guest and host, Kata's msize_9p
   */
  record NineP(int messageSize) implements ShareServer {
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
                      "trans=virtio", "version=9p2000.L", "cache=mmap", "msize=" + messageSize));
      return new Serving(
          new Share.NineP(SharedDirectory.TAG, shared.path(), false), storage, () -> {});
    }
  }
}
