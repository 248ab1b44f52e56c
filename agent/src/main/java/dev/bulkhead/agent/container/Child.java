package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
import dev.bulkhead.agent.mount.PreparedMounts;
import dev.bulkhead.agent.mount.RootFilesystem;
import dev.bulkhead.agent.process.ProgramStart;
import dev.bulkhead.agentapi.seccomp.SeccompProgram;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a forked child of the agent does until it is a process of a container. It has a copy of the
 * agent's memory, and lets nobody in the container look into it.
 *
 * @param place how it comes into the container
 */
record Child(Spec spec, Process process, Optional<SeccompProgram> seccomp, Place place) {
  /** The exit code of a child that did not become a program. */
  static final int FAILED = 255;

  /** How a child comes to stand in a container. */
  sealed interface Place {
    /** It makes the container's namespaces and root. */
    record First(Cgroup cgroup) implements Place {}

    /**
     * It is in the container's cgroup and has its namespaces, but for that of mounts.
     *
     * @param agentMounts the mount namespace of the agent, of which it makes the container's
     * @param agentNames that of the agent's host name, which the container may have
     */
    record Prepared(PreparedMounts mounts, Fd agentMounts, Fd agentNames) implements Place {}

    /**
     * It enters those of a container's first process.
     *
     * @param pid that process's id
     * @param pidfd its descriptor, which cannot become another's
     */
    record Beside(Cgroup cgroup, int pid, Fd pidfd) implements Place {}
  }

  /**
   * The child's whole life until its program runs.
   *
   * @param gate the socket to the agent
   * @param pipes standard input, output and error, or nothing for a terminal
   * @return the exit code of a child that did not become a program
   */
  int run(Fd gate, List<Fd> pipes) {
    Processes.setKeepingGarbage(true);
    try {
      becomeProgram(gate, pipes);
    } catch (RuntimeException e) {
      ChildReport.sendFailure(gate, String.valueOf(e.getMessage()));
    }
    return FAILED;
  }

  private void becomeProgram(Fd gate, List<Fd> pipes) {
    List<Fd> kept = new ArrayList<>(pipes);
    kept.add(gate);
    if (place instanceof Place.Beside beside) {
      kept.add(beside.pidfd());
    }
    separate(kept);
    goOn(gate, pipes);
  }

  /** Leaves what is the agent's, but for these descriptors. */
  static void separate(List<Fd> kept) {
    Processes.setDumpable(false);
    Processes.closeAllBut(kept);
    Processes.startSession();
    Files.setUmask(0);
  }

  /** The rest of a child's life that has left what is the agent's. */
  void goOn(Fd gate, List<Fd> pipes) {
    ProgramStart start = new ProgramStart(process, seccomp);
    start.setOutOfMemoryScore();
    Optional<Fd> master =
        switch (place) {
          case Place.First first -> {
            enterNew(first.cgroup(), spec);
            yield furnish(new RootFilesystem(spec));
          }
          case Place.Prepared prepared -> {
            renew(prepared);
            try (PreparedMounts mounts = prepared.mounts()) {
              yield furnish(mounts.rootOf(spec));
            }
          }
          case Place.Beside beside -> join(beside);
        };
    if (master.isPresent()) {
      Fd slave = Terminal.openSlave(master.get());
      start.takeStdio(List.of(slave, slave, slave), true);
    } else {
      start.takeStdio(pipes, false);
    }
    ProgramStart.Program program = start.findProgram();
    ChildReport.sendReady(gate, master);
    master.ifPresent(Fd::close);
    if (ChildReport.awaitGo(gate)) {
      start.run(program);
    }
  }

  /** Enters a container's cgroup and makes its namespaces. */
  static void enterNew(Cgroup cgroup, Spec spec) {
    cgroup.join();
    // Without a mount namespace of its own a container would mount over the agent's tree, and a
    // cgroup namespace is what keeps it from seeing the guest's cgroups.
    Namespaces.unshare(kinds(spec) | Namespaces.MOUNT | Namespaces.CGROUP);
  }

  /** The namespaces that a container has if it wants to. */
  static int kinds(Spec spec) {
    int kinds = 0;
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      kinds |=
          switch (namespace.type()) {
            case "uts" -> Namespaces.UTS;
            case "ipc" -> Namespaces.IPC;
            // The guest's network is the container's; the PID namespace was made with the fork.
            default -> 0;
          };
    }
    return kinds;
  }

  /**
   * Makes those namespaces again that are to be as the agent's are by now: that of mounts, and that
   * of names for a container without one.
   */
  private void renew(Place.Prepared prepared) {
    int stale = Namespaces.MOUNT;
    try (Fd mounts = prepared.agentMounts();
        Fd names = prepared.agentNames()) {
      Namespaces.enter(mounts, Namespaces.MOUNT);
      if (spec.hostname().isEmpty() && (kinds(spec) & Namespaces.UTS) != 0) {
        Namespaces.enter(names, Namespaces.UTS);
        stale |= Namespaces.UTS;
      }
    }
    Namespaces.unshare(stale);
  }

  /** Makes names and root; answers the master side of the terminal if there is to be one. */
  private Optional<Fd> furnish(RootFilesystem root) {
    if ((kinds(spec) & Namespaces.UTS) != 0) {
      setNames();
    }
    for (Map.Entry<String, String> sysctl : spec.linux().sysctl().entrySet()) {
      setSysctl(sysctl.getKey(), sysctl.getValue());
    }
    root.prepare();
    Optional<Fd> master = process.terminal() ? Optional.of(root.openConsole()) : Optional.empty();
    root.restrict();
    root.enter();
    return master;
  }

  private void setNames() {
    if (!spec.hostname().isEmpty()) {
      Namespaces.setHostname(spec.hostname());
    }
    if (!spec.domainname().isEmpty()) {
      Namespaces.setDomainname(spec.domainname());
    }
  }

  /** By the guest's own /proc: what the image has there may be anything. */
  private static void setSysctl(String name, String value) {
    String path = name.indexOf('/') >= 0 ? name : name.replace('.', '/');
    if (path.contains("..") || path.startsWith("/")) {
      throw new IllegalArgumentException("there is no kernel setting '" + name + "'");
    }
    try {
      Files.writeExisting("/proc/sys/" + path, value);
    } catch (LinuxException e) {
      throw new IllegalArgumentException(
          "linux.sysctl: '" + name + "' cannot be set to '" + value + "': " + e.reason(), e);
    }
  }

  private Optional<Fd> join(Place.Beside first) {
    first.cgroup().joinBeside(first.pid());
    // One call for all: a process that ends in between ends it too.
    Namespaces.enter(
        first.pidfd(), Namespaces.MOUNT | Namespaces.UTS | Namespaces.IPC | Namespaces.CGROUP);
    first.pidfd().close();
    if (!process.terminal()) {
      return Optional.empty();
    }
    try (RootDirectory root = new RootDirectory(Files.open("/", Open.O_PATH | Open.O_DIRECTORY))) {
      return Optional.of(RootFilesystem.openTerminal(root));
    }
  }
}
