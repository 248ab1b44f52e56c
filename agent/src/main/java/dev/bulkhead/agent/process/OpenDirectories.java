package dev.bulkhead.agent.process;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Directories and links that were passed on the way to a file. All stay open until the process
 * executes its program or ends: the kernel asks a file server three times for a name that nobody
 * has open, and not at all for one that is.
 */
final class OpenDirectories {
  private final Map<String, Fd> directories = new HashMap<>();
  private final Map<String, LinuxException> missing = new HashMap<>();
  private final List<Fd> passed = new ArrayList<>();

  /**
   * Opens a directory as open(2) does, one component after another.
   *
   * @param path absolute, or relative to the working directory
   */
  Fd open(String path) {
    String walked = path.startsWith("/") ? "/" : ".";
    Fd current = directories.get(walked);
    if (current == null) {
      current = Files.open(walked, Open.O_PATH | Open.O_DIRECTORY);
      directories.put(walked, current);
    }
    for (String component : components(path)) {
      walked = walked + "/" + component;
      current = next(current, component, walked);
    }
    return current;
  }

  private Fd next(Fd parent, String component, String walked) {
    LinuxException known = missing.get(walked);
    if (known != null) {
      throw known;
    }
    Fd directory = directories.get(walked);
    if (directory == null) {
      try {
        directory = step(parent, component);
      } catch (LinuxException e) {
        missing.put(walked, e);
        throw e;
      }
      directories.put(walked, directory);
    }
    return directory;
  }

  private Fd step(Fd parent, String component) {
    Fd itself = keep(Files.openAt(parent, component, Open.O_PATH | Open.O_NOFOLLOW, 0));
    try {
      return Files.openAt(itself, ".", Open.O_PATH | Open.O_DIRECTORY, 0);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOTDIR) {
        throw e;
      }
      // A link, unless it is no way at all.
      return Files.openAt(parent, component, Open.O_PATH | Open.O_DIRECTORY, 0);
    }
  }

  /** Opens (O_PATH) what a name in a directory leads to. */
  Fd openFile(Fd directory, String name) {
    keep(Files.openAt(directory, name, Open.O_PATH | Open.O_NOFOLLOW, 0));
    return keep(Files.openAt(directory, name, Open.O_PATH, 0));
  }

  /** Whether an open file is a directory, without asking its file server. */
  static boolean isDirectory(Fd file) {
    try (Fd directory = Files.openAt(file, ".", Open.O_PATH | Open.O_DIRECTORY, 0)) {
      return directory.isOpen();
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOTDIR) {
        return false;
      }
      throw e;
    }
  }

  private Fd keep(Fd fd) {
    passed.add(fd);
    return fd;
  }

  /** The names in a path, without those that change nothing. */
  static List<String> components(String path) {
    List<String> components = new ArrayList<>();
    int start = 0;
    while (start < path.length()) {
      int end = path.indexOf('/', start);
      if (end < 0) {
        end = path.length();
      }
      String component = path.substring(start, end);
      if (!component.isEmpty() && !component.equals(".")) {
        components.add(component);
      }
      start = end + 1;
    }
    return components;
  }
}
