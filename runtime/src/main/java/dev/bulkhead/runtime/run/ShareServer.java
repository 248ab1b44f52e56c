package dev.bulkhead.runtime.run;

import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.hypervisor.virtiofs.Virtiofsd;
import dev.bulkhead.hypervisor.virtiofs.VirtiofsdProgram;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.image.ImageException;
import dev.bulkhead.runtime.image.RootImages;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.CopiedFiles;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.SharedFiles;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** How the guest gets at the shared directory, by the configuration's {@code shared_fs}. */
public sealed interface ShareServer {
  /**
   * The server that the configuration names.
   *
   * @param warn told in a sentence what goes wrong later and can go on
   */
  static ShareServer of(EventLoop loop, Configuration configuration, Consumer<String> warn) {
    Configuration.Qemu qemu = configuration.qemu();
    return switch (SharedFileSystemChoice.of(loop, configuration)) {
      case AUTO -> throw new IllegalStateException("no way of sharing was chosen");
      case VIRTIO_9P -> new NineP(qemu.msize9p(), qemu.cache9p());
      case VIRTIO_FS ->
          new VirtioFs(
              loop,
              qemu.virtioFsDaemon(),
              VirtiofsdProgram.Cache.named(qemu.virtioFsCache()).orElseThrow(),
              qemu.virtioFsExtraArgs());
      case NONE ->
          new None(
              loop,
              warn,
              new RootImages(
                  loop, configuration.images().store(), configuration.images().rootLimitMib()));
    };
  }

  /** What a container gets to see of the host's files. */
  default ContainerFiles files(String containerId, SharedDirectory shared) {
    return new SharedFiles(containerId, shared, new ContainerDisks(containerId));
  }

  /** The options with which a machine's guest may have mounted the share before it is cloned. */
  default String mountOptions() {
    return "";
  }

  /** What stands in a template for the shares, of which each machine has its own. */
  default List<Share> placeholders() {
    return List.of(new Share.NineP(SharedDirectory.TAG, "/", true));
  }

  /**
   * Begins to serve; closing the answer ends it.
   *
   * @param onFailure told, in one sentence, if the serving ends by itself
   */
  Serving serve(SandboxDirectory directory, SharedDirectory shared, Consumer<String> onFailure);

  /**
   * A share that is served.
   *
   * @param shares for the machine
   * @param storages how the guest mounts them
   * @param daemon what serves it beside the hypervisor
   * @param machineStarted to be called when the machine has what the share lent it
   */
  record Serving(
      List<Share> shares, List<Storage> storages, AutoCloseable daemon, Runnable machineStarted)
      implements AutoCloseable {
    public Serving {
      shares = List.copyOf(shares);
      storages = List.copyOf(storages);
    }

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
    private List<String> options() {
      return List.of("trans=virtio", "version=9p2000.L", "cache=" + cache, "msize=" + messageSize);
    }

    @Override
    public String mountOptions() {
      return String.join(",", options());
    }

    @Override
    public Serving serve(
        SandboxDirectory directory, SharedDirectory shared, Consumer<String> onFailure) {
      Storage storage =
          Storage.DEFAULT
              .withDriver("9p")
              .withSource(SharedDirectory.TAG)
              .withFstype("9p")
              .withMountPoint(SharedDirectory.GUEST_MOUNT)
              .withOptions(options());
      return new Serving(
          List.of(new Share.NineP(SharedDirectory.TAG, shared.path(), false)),
          List.of(storage),
          () -> {},
          () -> {});
    }
  }

  /**
   * Nobody: the machine shares no files with the host.
   *
   * @param warn told in a sentence when the copy of a volume is not up to date
   * @param images of root file systems
   */
  record None(EventLoop loop, Consumer<String> warn, RootImages images) implements ShareServer {
    @Override
    public Serving serve(
        SandboxDirectory directory, SharedDirectory shared, Consumer<String> onFailure) {
      return new Serving(List.of(), List.of(), () -> {}, () -> {});
    }

    @Override
    public List<Share> placeholders() {
      return List.of();
    }

    @Override
    public ContainerFiles files(String containerId, SharedDirectory shared) {
      return new CopiedFiles(loop, warn, containerId, new ContainerDisks(containerId), this::image);
    }

    private String image(String root) {
      try {
        return images.of(root);
      } catch (ImageException e) {
        throw new SandboxException(e.getMessage(), e);
      }
    }
  }

  /**
   * virtiofsd, one for each sandbox.
   *
   * @param program its path, or empty to look for it
   * @param extraArguments the user's own, behind ours
   */
  record VirtioFs(
      EventLoop loop,
      Optional<String> program,
      VirtiofsdProgram.Cache cache,
      List<String> extraArguments)
      implements ShareServer {
    @Override
    public Serving serve(
        SandboxDirectory directory, SharedDirectory shared, Consumer<String> onFailure) {
      Virtiofsd daemon =
          Virtiofsd.start(
              loop,
              VirtiofsdProgram.find(loop, program),
              new Virtiofsd.Settings(shared.path(), cache, extraArguments),
              directory.path(),
              onFailure);
      Storage storage =
          Storage.DEFAULT
              .withDriver("virtio-fs")
              .withSource(SharedDirectory.TAG)
              .withFstype("virtiofs")
              .withMountPoint(SharedDirectory.GUEST_MOUNT);
      return new Serving(
          List.of(new Share.VirtioFs(SharedDirectory.TAG, daemon.connection())),
          List.of(storage),
          daemon,
          daemon::releaseConnection);
    }
  }
}
