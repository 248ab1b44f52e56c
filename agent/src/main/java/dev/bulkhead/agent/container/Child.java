package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
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
 * @param joined the process whose namespaces and cgroup it enters; absent for a container's first
 *     process, which makes them
 */
record Child(
    Spec spec,
    Process process,
    Optional<SeccompProgram> seccomp,
    Cgroup cgroup,
    Optional<FirstProcess> joined) {
  private static final int FAILED = 255;

  /** A container's first process, by its id and by a descriptor that cannot become another's. */
  record FirstProcess(int pid, Fd pidfd) {}

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
    Processes.setDumpable(false);
    List<Fd> kept = new ArrayList<>(pipes);
    kept.add(gate);
    joined.ifPresent(first -> kept.add(first.pidfd()));
    Processes.closeAllBut(kept);
    Processes.startSession();
    Files.setUmask(0);
    ProgramStart start = new ProgramStart(process, seccomp);
    start.setOutOfMemoryScore();
    Optional<Fd> master = joined.isPresent() ? join(joined.get()) : makeContainer();
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

  /** Makes namespaces and root; answers the master side of the terminal if there is to be one. */
  private Optional<Fd> makeContainer() {
    cgroup.join();
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
    // Without a mount namespace of its own a container would mount over the agent's tree, and a
    // cgroup namespace is what keeps it from seeing the guest's cgroups.
    Namespaces.unshare(kinds | Namespaces.MOUNT | Namespaces.CGROUP);
    if ((kinds & Namespaces.UTS) != 0) {
      setNames();
    }
    for (Map.Entry<String, String> sysctl : spec.linux().sysctl().entrySet()) {
      setSysctl(sysctl.getKey(), sysctl.getValue());
    }
    RootFilesystem root = new RootFilesystem(spec);
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

  private Optional<Fd> join(FirstProcess first) {
    cgroup.joinBeside(first.pid());
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
