package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
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
  private Optional<Set<LentDirectories.Id>> lent = Optional.empty();
  private int links;

  /**
   * What a path leads to.
   *
   * @param file opened with O_PATH
   * @param walk how it was found
   */
  record Found(Fd file, HostPath walk) implements AutoCloseable {
    /** Whether it lies in a directory that guests may write. */
    boolean isInLent() {
      return walk.isInLent();
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
      return new Found(walk.current, walk);
    } catch (RuntimeException e) {
      walk.current.close();
      throw e;
    }
  }

  /** Most paths have no link and no "..", so that nobody has to be asked what is lent. */
  private boolean isInLent() {
    if (lent.isEmpty()) {
      lent = Optional.of(LentDirectories.all());
    }
    return !Collections.disjoint(walked, lent.get());
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
      if (leadsAway && isInLent()) {
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
