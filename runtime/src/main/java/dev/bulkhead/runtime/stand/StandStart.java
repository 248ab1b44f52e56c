package dev.bulkhead.runtime.stand;

import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import java.util.ArrayList;
import java.util.List;

/**
 * How a container process is made.
 *
 * @param program the path of the program {@value StandProcess#PROGRAM}
 * @param network where its network namespace comes from
 * @param cgroup the cgroup that it joins, which exists
 * @param stdio standard input, output and error
 * @param terminal whether stdio is a terminal, which becomes its session's
 * @param title what ps shows behind the program's name: the arguments of the guest's process
 */
public record StandStart(
    String program,
    Network network,
    HostCgroup cgroup,
    List<Fd> stdio,
    boolean terminal,
    List<String> title) {
  public StandStart {
    stdio = List.copyOf(stdio);
    title = List.copyOf(title);
  }

  /** Where a container process's network namespace comes from. */
  public sealed interface Network {
    /** A new one, with nothing but the loopback interface, which is up. */
    record Own() implements Network {}

    /** The caller's. */
    record Host() implements Network {}

    /** An existing one, by the path of its file. */
    record Joined(String path) implements Network {}
  }

  /**
   * Starts the process, which outlives this one.
   *
   * @param link its end of the link to its monitor; it stays the caller's
   * @return its process id
   */
  public int start(Fd link) {
    List<String> arguments = new ArrayList<>(List.of(StandProcess.PROGRAM));
    arguments.addAll(title);
    List<Fd> descriptors = new ArrayList<>(stdio);
    descriptors.add(link);
    return ChildProcess.startDetached(
        new ChildProcess.Command(program, arguments, List.of(), descriptors, this::prepare));
  }

  private void prepare() {
    if (terminal) {
      Terminal.makeControlling(Fd.STDIN);
    }
    cgroup.join();
    switch (network) {
      case Network.Own own -> {
        Namespaces.unshare(Namespaces.NETWORK);
        dev.bulkhead.linux.Network.bringUp("lo");
      }
      case Network.Host host -> {}
      case Network.Joined(String path) -> {
        try (Fd namespace = dev.bulkhead.linux.Files.open(path, Open.O_RDONLY)) {
          Namespaces.enter(namespace, Namespaces.NETWORK);
        }
      }
    }
  }
}
