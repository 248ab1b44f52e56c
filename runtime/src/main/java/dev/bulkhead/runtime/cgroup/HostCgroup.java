package dev.bulkhead.runtime.cgroup;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;

/**
 * A container's cgroup on the host, in every hierarchy that is mounted: those of version 1, or the
 * one of version 2 where there are none. What represents the container on the host lives in it, so
 * that the host's accounting shows what the container costs; its limits bind inside the guest.
 */
public final class HostCgroup {
  private final String path;
  private final List<String> directories;

  private HostCgroup(String path, List<String> directories) {
    this.path = path;
    this.directories = List.copyOf(directories);
  }

  /**
   * The cgroup of a configuration.
   *
   * @param cgroupsPath linux.cgroupsPath: a path from the hierarchy's root; "" for one of the
   *     container's id; with {@code systemdForm} "slice:prefix:name", which becomes the path where
   *     systemd would have put it
   */
  public static HostCgroup of(String cgroupsPath, String containerId, boolean systemdForm) {
    String path;
    if (cgroupsPath.isEmpty()) {
      path = "/bulkhead/" + containerId;
    } else if (systemdForm) {
      path = SystemdCgroupPath.of(cgroupsPath);
    } else {
      path = cgroupsPath.startsWith("/") ? cgroupsPath : "/" + cgroupsPath;
    }
    return at(path);
  }

  /** The cgroup of this path, as {@link #path} told it. */
  public static HostCgroup at(String path) {
    for (String part : parts(path)) {
      if (part.equals("..")) {
        throw new IllegalArgumentException(
            "linux.cgroupsPath '" + path + "' leads out of the cgroup hierarchy by '..'");
      }
    }
    List<String> directories = new ArrayList<>();
    for (String mountPoint : mountPoints()) {
      directories.add(mountPoint + path);
    }
    return new HostCgroup(path, directories);
  }

  /** Where the hierarchies are mounted that containers get their cgroups in. */
  public static List<String> mountPoints() {
    return CgroupMounts.find(Files.readText("/proc/self/mountinfo"));
  }

  private static List<String> parts(String path) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start <= path.length()) {
      int end = path.indexOf('/', start);
      end = end < 0 ? path.length() : end;
      if (end > start) {
        parts.add(path.substring(start, end));
      }
      start = end + 1;
    }
    return parts;
  }

  /** Its path from the root of each hierarchy. */
  public String path() {
    return path;
  }

  /** Its directory in each hierarchy, there or not. */
  List<String> directories() {
    return directories;
  }

  /** Makes it where it is missing. */
  public void create() {
    for (String directory : directories) {
      String mountPoint = mountPointOf(directory);
      StringBuilder current = new StringBuilder(mountPoint);
      for (String part : parts(path)) {
        String parent = current.toString();
        current.append('/').append(part);
        String made = current.toString();
        if (!Files.isDirectory(made)) {
          Files.makeDirectories(made, 0755);
          inherit(parent, made, "cpuset.cpus");
          inherit(parent, made, "cpuset.mems");
        }
      }
    }
  }

  /** In version 1 no process can join a cgroup without processors and memory nodes. */
  private static void inherit(String parent, String child, String file) {
    boolean empty =
        Files.readTextIfExists(child + "/" + file).map(text -> text.trim().isEmpty()).orElse(false);
    if (empty && !Files.exists(child + "/cgroup.controllers")) {
      Files.writeExisting(child + "/" + file, Files.readText(parent + "/" + file).trim());
    }
  }

  /** Puts the calling process into it. */
  public void join() {
    for (String directory : directories) {
      Files.writeExisting(directory + "/cgroup.procs", "0");
    }
  }

  /**
   * Removes it; that it is gone already is fine.
   *
   * @return false if processes are still in it
   */
  public boolean remove() {
    boolean removed = true;
    List<String> named = CgroupMounts.named(Files.readText("/proc/self/mountinfo"));
    for (String directory : directories) {
      try {
        removeTree(directory);
        if (named.contains(mountPointOf(directory))) {
          removeEmptyParents(directory);
        }
      } catch (LinuxException e) {
        if (e.errno() == Errno.EBUSY) {
          removed = false;
        } else if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
    return removed;
  }

  private String mountPointOf(String directory) {
    return directory.substring(0, directory.length() - path.length());
  }

  /**
   * An engine makes and removes the cgroup of a pod where there are controllers; in a hierarchy
   * without any it was made for the container. The first part of the path is for many and stays.
   */
  private void removeEmptyParents(String directory) {
    String parent = directory;
    for (int depth = parts(path).size() - 1; depth > 1; depth--) {
      parent = parent.substring(0, parent.lastIndexOf('/'));
      try {
        Files.removeDirectory(parent);
      } catch (LinuxException e) {
        if (e.errno() == Errno.EBUSY) {
          return;
        }
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
  }

  private static void removeTree(String directory) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    for (String name : Files.list(directory)) {
      if (Files.isDirectory(directory + "/" + name)) {
        removeTree(directory + "/" + name);
      }
    }
    Files.removeDirectory(directory);
  }
}
