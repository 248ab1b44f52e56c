package dev.bulkhead.agent.storage;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Files that the host copies into the guest piece by piece, because it shares none. They lie where
 * the shared directory would be mounted, each container's below names that begin with its id.
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
            root.makeSymlink(new String(request.data(), StandardCharsets.UTF_8), path);
        case FileStatus.REGULAR, 0 -> write(root, path, request);
        default ->
            throw new IllegalArgumentException(
                "'" + request.path() + "' is no file, directory or symbolic link");
      }
    }
    remember(path);
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
