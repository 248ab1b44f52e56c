package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * Resolves paths of the host one name after another, as the kernel does, but for this: inside of a
 * directory that a guest may write, no symbolic link and no ".." is followed, for the guest may
 * have put it there to be lent what the link leads to.
 */
final class HostPath {
  private static final int MAX_LINKS = 40;

  private final String path;
  private final Set<LentDirectories.Id> walked = new HashSet<>();
  private final ArrayDeque<String> names = new ArrayDeque<>();
  private Fd current = Files.open("/", Open.O_PATH | Open.O_DIRECTORY);
  private int links;

  /**
   * What a path leads to.
   *
   * @param file opened with O_PATH
   * @param walked the directories that it lies in, and itself if it is one
   */
  record Found(Fd file, Set<LentDirectories.Id> walked) implements AutoCloseable {
    /** Whether it lies in a directory that guests may write. */
    boolean isInLent() {
      return LentDirectories.isOneOf(walked);
    }

    @Override
    public void close() {
      file.close();
    }
  }

  private HostPath(String path) {
    this.path = path;
    push(path);
  }

  /**
   * Opens what a path leads to.
   *
   * @param path absolute
   * @throws SandboxException if it leads through a link in a directory that guests may write
   */
  static Found open(String path) {
    HostPath walk = new HostPath(path);
    try {
      while (!walk.names.isEmpty()) {
        walk.step(walk.names.pop());
      }
      return new Found(walk.current, walk.walked);
    } catch (RuntimeException e) {
      walk.current.close();
      throw e;
    }
  }

  /** Puts the names of a path before those that are still to be walked. */
  private void push(String text) {
    int end = text.length();
    while (end >= 0) {
      int slash = text.lastIndexOf('/', end - 1);
      String name = text.substring(slash + 1, end);
      if (!name.isEmpty() && !name.equals(".")) {
        names.push(name);
      }
      end = slash;
    }
  }

  private void step(String name) {
    Fd next = Files.openAt(current, name, Open.O_PATH | Open.O_NOFOLLOW, 0);
    boolean taken = false;
    try {
      FileStatus status = Files.status(next);
      boolean leadsAway = status.isSymlink() || name.equals("..");
      // Most paths have neither, so that nobody has to be asked what is lent.
      if (leadsAway && LentDirectories.isOneOf(walked)) {
        throw new SandboxException(
            "the path '"
                + path
                + "' leads by '"
                + name
                + "' out of a directory that a running container may write; name what it leads to"
                + " itself");
      }
      if (status.isSymlink()) {
        follow(Files.readLink(current.procPath() + "/" + name));
      } else {
        if (status.isDirectory()) {
          walked.add(LentDirectories.Id.of(status));
        }
        current.close();
        current = next;
        taken = true;
      }
    } finally {
      if (!taken) {
        next.close();
      }
    }
  }

  private void follow(String text) {
    if (++links > MAX_LINKS) {
      throw new SandboxException("the path '" + path + "' leads through too many links");
    }
    if (text.startsWith("/")) {
      current.close();
      current = Files.open("/", Open.O_PATH | Open.O_DIRECTORY);
    }
    push(text);
  }
}
