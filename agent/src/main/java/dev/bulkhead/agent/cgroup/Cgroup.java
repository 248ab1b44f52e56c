package dev.bulkhead.agent.cgroup;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.oci.LinuxResources;
import java.util.Map;
import java.util.Optional;

/** The cgroup of one container, made by {@link Cgroups}; {@link #remove} takes it away. */
public final class Cgroup {
  private final String path;

  Cgroup(String path) {
    this.path = path;
  }

  /** Limits it. Limits that the kernel has no file for are refused by name. */
  public void limit(LinuxResources resources) {
    for (Map.Entry<String, String> file : CgroupLimits.files(resources).entrySet()) {
      write(file.getKey(), file.getValue());
    }
  }

  private void write(String file, String value) {
    try {
      Files.writeExisting(path + "/" + file, value);
    } catch (LinuxException e) {
      // Without swap accounting there is no swap to limit either.
      if (e.errno() == Errno.ENOENT && file.equals("memory.swap.max")) {
        return;
      }
      throw new IllegalArgumentException(
          "the guest's kernel refuses '" + value + "' for " + file + ": " + e.reason(), e);
    }
  }

  /** Puts the calling process into it. */
  public void join() {
    Files.writeExisting(path + "/cgroup.procs", "0");
  }

  /**
   * As {@link #join}; if the container has made cgroups of its own below, so that this one may hold
   * no processes, into the one of a process of the container.
   */
  public void joinBeside(int pid) {
    try {
      join();
    } catch (LinuxException e) {
      String beside = GuestFileSystems.CGROUPS + cgroupOf(pid);
      if (e.errno() != Errno.EBUSY || !beside.startsWith(path + "/")) {
        throw e;
      }
      Files.writeExisting(beside + "/cgroup.procs", "0");
    }
  }

  /** A process's place in the hierarchy of version 2, from the only line of its file. */
  private static String cgroupOf(int pid) {
    String line = Files.readText("/proc/" + pid + "/cgroup").trim();
    return line.substring(line.lastIndexOf(':') + 1);
  }

  /** Kills every process in it. */
  public void kill() {
    Files.writeExisting(path + "/cgroup.kill", "1");
  }

  /** Sends a signal to every process in it and in those that the container made below. */
  public void signal(int signal) {
    signalTree(path, signal);
  }

  private static void signalTree(String directory, int signal) {
    String processes = Files.readTextIfExists(directory + "/cgroup.procs").orElse("");
    int start = 0;
    while (start < processes.length()) {
      int end = processes.indexOf('\n', start);
      Processes.kill(Integer.parseInt(processes.substring(start, end)), signal);
      start = end + 1;
    }
    for (String name : Files.list(directory)) {
      if (Files.isDirectory(directory + "/" + name)) {
        signalTree(directory + "/" + name, signal);
      }
    }
  }

  /** Stops all that runs in it, or lets it go on. */
  public void freeze(boolean frozen) {
    Files.writeExisting(path + "/cgroup.freeze", frozen ? "1" : "0");
  }

  /** Whether a process in it, or below it, is alive. */
  public boolean isPopulated() {
    return read("cgroup.events").contains("populated 1");
  }

  /** A file's content, "" if this kernel has no such file. */
  String read(String file) {
    Optional<String> content = Files.readTextIfExists(path + "/" + file);
    return content.orElse("");
  }

  /** The file that tells whether there are processes. */
  String eventsPath() {
    return path + "/cgroup.events";
  }

  /** The file that tells of limits of memory that were reached. */
  String memoryEventsPath() {
    return path + "/memory.events";
  }

  /** Removes it with those that the container made below; no process may be left. */
  public void remove() {
    removeTree(path);
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
