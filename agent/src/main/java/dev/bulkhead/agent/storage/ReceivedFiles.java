package dev.bulkhead.agent.storage;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files that the host copies into the guest piece by piece, because it shares none. They lie where
 * the shared directory would be mounted, each container's below names that begin with its id. A
 * volume of kubelet's is updated as kubelet does it: what its {@code ..data} leaves is removed.
 */
public final class ReceivedFiles {
  /** As Kata's agent has it, and nowhere else. */
  private static final String ROOT = "/run/kata-containers/shared/containers";

  private final List<String> received = new ArrayList<>();

  /**
   * Writes a piece of a file, or makes a directory or a symbolic link, by the type in the mode.
   *
   * @throws IllegalArgumentException if it belongs elsewhere, or is of another type
   */
  public void receive(CopyFileRequest request) {
    if (!request.path().startsWith(ROOT + "/")) {
      throw new IllegalArgumentException("'" + request.path() + "' is not below " + ROOT);
    }
    String path = request.path().substring(ROOT.length());
    Files.makeDirectories(ROOT, 0755);
    try (RootDirectory root = RootDirectory.open(ROOT)) {
      switch (request.fileMode() & FileStatus.TYPE_MASK) {
        case FileStatus.DIRECTORY -> {
          try (Fd made = root.makeDirectories(path, 0700)) {
            finish(root, path, made, request);
          }
        }
        case FileStatus.SYMLINK ->
            link(root, path, new String(request.data(), StandardCharsets.UTF_8));
        case FileStatus.REGULAR, 0 -> write(root, path, request);
        default ->
            throw new IllegalArgumentException(
                "'" + request.path() + "' is no file, directory or symbolic link");
      }
    }
    remember(path);
  }

  /** A link that leads elsewhere by now takes the old one's place at once. */
  private static void link(RootDirectory root, String path, String text) {
    int slash = path.lastIndexOf('/');
    String name = path.substring(slash + 1);
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("'" + path + "' names no link");
    }
    try (Fd parent = root.makeDirectories(path.substring(0, slash), 0755)) {
      String directory = parent.procPath();
      Optional<String> before = KubeletVolume.link(directory, name);
      if (before.isPresent() && before.get().equals(text)) {
        return;
      }
      KubeletLinks.put(directory, text, name);
      if (name.equals(KubeletVolume.DATA) && before.isPresent()) {
        KubeletLinks.removeVersion(directory, before.get());
      }
    }
  }

  private static void write(RootDirectory root, String path, CopyFileRequest request) {
    root.makeFile(path, 0600).close();
    try (Fd file = root.open(path, Open.O_WRONLY | Open.O_NOFOLLOW, 0)) {
      file.seek(request.offset());
      file.writeAll(request.data());
      if (request.offset() + request.data().length >= request.fileSize()) {
        file.truncate(request.fileSize());
        finish(root, path, file, request);
      }
    }
  }

  private static void finish(RootDirectory root, String path, Fd made, CopyFileRequest request) {
    root.changeOwner(path, request.uid(), request.gid());
    Files.changeMode(made.procPath(), request.fileMode() & 07777);
  }

  private void remember(String path) {
    int slash = path.indexOf('/', 1);
    String top = slash < 0 ? path : path.substring(0, slash);
    if (!received.contains(top)) {
      received.add(top);
    }
  }

  /** Removes what was copied for a container that is no more. */
  public void forget(String containerId) {
    for (String top : List.copyOf(received)) {
      if (top.startsWith("/" + containerId + "-")) {
        Files.removeTree(ROOT + top);
        received.remove(top);
      }
    }
  }
}
