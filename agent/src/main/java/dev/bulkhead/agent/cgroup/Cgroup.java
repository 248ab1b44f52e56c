package dev.bulkhead.agent.cgroup;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.oci.LinuxResources;
import java.util.Map;
import java.util.Optional;

/** The cgroup of one container; {@link #remove} takes it away. */
public final class Cgroup {
  private static final String PARENT = GuestFileSystems.CGROUPS + "/containers";

  private final String path;

  private Cgroup(String path) {
    this.path = path;
  }

  /** Makes the cgroup of a container, whose id has no slash, without limits. */
  public static Cgroup create(String containerId) {
    if (!Files.isDirectory(PARENT)) {
      Files.makeDirectory(PARENT, 0755);
      GuestFileSystems.enableControllers(PARENT);
    }
    String path = PARENT + "/" + containerId;
    Files.makeDirectory(path, 0755);
    return new Cgroup(path);
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

  /** Kills every process in it. */
  public void kill() {
    Files.writeExisting(path + "/cgroup.kill", "1");
  }

  /** Sends a signal to every process in it. */
  public void signal(int signal) {
    String processes = read("cgroup.procs");
    int start = 0;
    while (start < processes.length()) {
      int end = processes.indexOf('\n', start);
      dev.bulkhead.linux.Processes.kill(Integer.parseInt(processes.substring(start, end)), signal);
      start = end + 1;
    }
  }

  /** Stops or lets go on all that runs in it. */
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

  /** The path of the file whose changes tell of processes that were killed for lack of memory. */
  public String memoryEventsPath() {
    return path + "/memory.events";
  }

  /** How often the kernel killed a process of it for lack of memory. */
  public long outOfMemoryKills() {
    return CgroupStatistics.value(read("memory.events"), "oom_kill");
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
