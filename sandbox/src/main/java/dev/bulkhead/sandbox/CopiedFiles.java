package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Files of a machine that shares none with the host: its root is a disk that is only read, below
 * what it writes into memory, a pod's empty directories lie there too, and small volumes are
 * copied: once, but for kubelet's, which are followed. Nothing comes back to the host but what is
 * written to block devices.
 */
public final class CopiedFiles implements ContainerFiles {
  private static final int ATTEMPTS = 3;

  private final EventLoop loop;
  private final Consumer<String> warn;
  private final String containerId;
  private final ContainerDisks disks;
  private final RootImages images;
  private final List<Copy> copies = new ArrayList<>();
  private final List<FollowedVolume> followed = new ArrayList<>();
  private final List<Storage> storages = new ArrayList<>();

  /** Makes disks of directories. */
  public interface RootImages {
    /** The path of a file with an EROFS file system of the directory's content. */
    String of(String directory);
  }

  private record Copy(FileCopies.Volume volume, DetachedMount mount) {}

  /**
   * For a container that has none yet.
   *
   * @param warn told in a sentence when a copy is not up to date
   */
  public CopiedFiles(
      EventLoop loop,
      Consumer<String> warn,
      String containerId,
      ContainerDisks disks,
      RootImages images) {
    this.loop = loop;
    this.warn = warn;
    this.containerId = containerId;
    this.disks = disks;
    this.images = images;
  }

  @Override
  public String addRoot(Spec spec) {
    return addImage(spec.root().path(), "");
  }

  @Override
  public String addImage(String image, String writable) {
    return disks.addLayered(images.of(image), "erofs");
  }

  @Override
  public ContainerDisks disks() {
    return disks;
  }

  @Override
  public String lend(GuestSpec.Volume volume) {
    return disks
        .addDirectVolume(volume.source(), volume.readOnly())
        .orElseGet(() -> lend(volume, HostVolume.open(volume.source())));
  }

  private String lend(GuestSpec.Volume volume, DetachedMount mount) {
    boolean kept = false;
    try {
      FileStatus status = Files.status(mount.top());
      Optional<Storage> emptyDirectory = EmptyDirectory.of(volume.source(), mount.top());
      if (status.type() == FileStatus.BLOCK_DEVICE) {
        return disks.addFile(volume.source(), volume.readOnly());
      }
      if (emptyDirectory.isPresent()) {
        storages.add(emptyDirectory.get());
        return emptyDirectory.get().mountPoint();
      }
      if (status.isDirectory() && !volume.readOnly()) {
        throw new SandboxException(
            "the volume '"
                + volume.source()
                + "' is a directory that the container may write, but with shared_fs = \"none\""
                + " nothing comes back to the host; mount it read-only, use an emptyDir of a pod or a"
                + " block device, or set shared_fs to \"virtio-9p\"");
      }
      String guestPath = SharedDirectory.GUEST_PATH + "/" + containerId + "-copy-" + copies.size();
      copies.add(new Copy(new FileCopies.Volume(volume.source(), guestPath), mount));
      kept = true;
      return guestPath;
    } finally {
      if (!kept) {
        mount.close();
      }
    }
  }

  @Override
  public List<Storage> storages() {
    return List.copyOf(storages);
  }

  @Override
  public void send(Consumer<CopyFileRequest> guest) {
    FileCopies sent = new FileCopies(guest);
    for (Copy copy : copies) {
      Optional<String> version = sendWhole(copy, sent);
      if (version.isPresent()) {
        followed.add(
            new FollowedVolume(loop, warn, copy.volume(), copy.mount(), version.orElseThrow()));
      } else {
        copy.mount().close();
      }
    }
  }

  /** Once more if kubelet has replaced what was just read; answers the version, if it has one. */
  private static Optional<String> sendWhole(Copy copy, FileCopies sent) {
    String path = copy.mount().top().procPath();
    Optional<String> version;
    int attempt = 0;
    do {
      version = KubeletVolume.version(path);
      sent.send(copy.volume(), copy.mount().top());
      attempt++;
    } while (attempt < ATTEMPTS && !KubeletVolume.version(path).equals(version));
    return version;
  }

  @Override
  public void follow(Guest guest) {
    for (FollowedVolume volume : followed) {
      volume.follow(guest);
    }
  }

  @Override
  public void close() {
    followed.forEach(FollowedVolume::close);
    copies.forEach(copy -> copy.mount().close());
    disks.close();
  }
}
