package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Files of a machine that shares none with the host: its root is a disk that is only read, below
 * what it writes into memory, a pod's empty directories lie there too, and small volumes are copied
 * once. Nothing comes back to the host but what is written to block devices.
 */
public final class CopiedFiles implements ContainerFiles {
  /** The most bytes of all copies for a container. */
  static final long MOST_BYTES = 16 << 20;

  /** The most files, directories and links of all copies for a container. */
  static final int MOST_ENTRIES = 1000;

  private static final int CHUNK = 1 << 20;
  private static final int DIRECTORY_MODE = 0755;

  private final String containerId;
  private final ContainerDisks disks;
  private final RootImages images;
  private final List<Copy> copies = new ArrayList<>();
  private final List<Storage> storages = new ArrayList<>();
  private long bytes;
  private int entries;

  /** Makes disks of directories. */
  public interface RootImages {
    /** The path of a file with an EROFS file system of the directory's content. */
    String of(String directory);
  }

  private record Copy(String source, DetachedMount mount, String guestPath) {}

  /** For a container that has none yet. */
  public CopiedFiles(String containerId, ContainerDisks disks, RootImages images) {
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
      copies.add(new Copy(volume.source(), mount, guestPath));
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
    for (Copy copy : copies) {
      send(copy.mount().top(), copy.guestPath(), copy, guest);
      copy.mount().close();
    }
  }

  /** Sends what is open, by O_PATH: nothing can be put in its place meanwhile. */
  private void send(Fd file, String guestPath, Copy copy, Consumer<CopyFileRequest> guest) {
    FileStatus status = Files.status(file);
    count(copy, status);
    CopyFileRequest request =
        CopyFileRequest.DEFAULT
            .withPath(guestPath)
            .withFileMode(status.mode())
            .withDirMode(DIRECTORY_MODE)
            .withUid(status.uid())
            .withGid(status.gid());
    switch (status.type()) {
      case FileStatus.DIRECTORY -> {
        guest.accept(request);
        for (String name : Files.list(file.procPath())) {
          refuseIfInexact(copy, name);
          Optional<Fd> below = openIfThere(file, name);
          if (below.isPresent()) {
            try (Fd open = below.get()) {
              send(open, guestPath + "/" + name, copy, guest);
            }
          }
        }
      }
      case FileStatus.SYMLINK ->
          guest.accept(request.withData(Files.readLink(file).getBytes(StandardCharsets.UTF_8)));
      case FileStatus.REGULAR -> sendContent(file, status.size(), request, guest);
      default ->
          throw new SandboxException(
              "the volume '"
                  + copy.source()
                  + "' cannot be copied: '"
                  + guestPath.substring(copy.guestPath().length())
                  + "' in it is no file, directory or symbolic link");
    }
  }

  /** Of such a name the file cannot be found again. */
  private static void refuseIfInexact(Copy copy, String name) {
    if (!Files.isExact(name)) {
      throw new SandboxException(
          "the volume '"
              + copy.source()
              + "' cannot be copied: the name of a file in it, '"
              + name
              + "', is not UTF-8");
    }
  }

  /** What has been removed since its directory was read is no part of the copy. */
  private static Optional<Fd> openIfThere(Fd directory, String name) {
    try {
      return Optional.of(Files.openAt(directory, name, Open.O_PATH | Open.O_NOFOLLOW, 0));
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void count(Copy copy, FileStatus status) {
    entries++;
    bytes += status.isRegular() ? status.size() : 0;
    if (entries > MOST_ENTRIES || bytes > MOST_BYTES) {
      throw new SandboxException(
          "the volume '"
              + copy.source()
              + "' is too large to be copied: with shared_fs = \"none\" a container's volumes are"
              + " at most "
              + MOST_ENTRIES
              + " files of "
              + (MOST_BYTES >> 20)
              + " MiB together");
    }
  }

  /** What it grows by meanwhile stays out. */
  private static void sendContent(
      Fd found, long size, CopyFileRequest request, Consumer<CopyFileRequest> guest) {
    try (Fd file = Files.open(found.procPath(), Open.O_RDONLY | Open.O_NONBLOCK)) {
      long offset = 0;
      byte[] chunk = new byte[(int) Math.min(CHUNK, size)];
      int count = file.read(chunk, 0, chunk.length);
      while (offset < size && count > 0) {
        int length = (int) Math.min(count, size - offset);
        guest.accept(
            request.withFileSize(size).withOffset(offset).withData(Arrays.copyOf(chunk, length)));
        offset += length;
        count = offset < size ? file.read(chunk, 0, chunk.length) : 0;
      }
      if (offset < size || size == 0) {
        // Empty, or shorter by now.
        guest.accept(request.withFileSize(offset).withOffset(offset));
      }
    }
  }

  @Override
  public void close() {
    copies.forEach(copy -> copy.mount().close());
    disks.close();
  }
}
