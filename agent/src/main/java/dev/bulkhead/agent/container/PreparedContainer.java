package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
import dev.bulkhead.agent.cgroup.PopulationWatch;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Spec;
import java.util.List;
import java.util.Optional;

/**
 * A container that is made as far as it can be before anything is known of it: a process with
 * namespaces, a cgroup and the kernel's file systems. The first container that fits is made of it;
 * one that does not ends it.
 */
public final class PreparedContainer implements AutoCloseable {
  private static final String ENDED = "the process of the prepared container has ended";

  private final EventLoop loop;
  private final Spec example;
  private final Cgroup cgroup;
  private final int pid;
  private final Fd gate;
  private Optional<PopulationWatch> population = Optional.empty();
  private Optional<Making> making = Optional.empty();
  private boolean ready;
  private boolean used;

  private PreparedContainer(EventLoop loop, Spec example, Cgroup cgroup, int pid, Fd gate) {
    this.loop = loop;
    this.example = example;
    this.cgroup = cgroup;
    this.pid = pid;
    this.gate = gate;
  }

  /**
   * Makes one.
   *
   * @param example what the container will probably be like; its process and root are not looked at
   * @param cgroup the container's, this one's until it is taken
   * @param outcome told when it is made, or why it cannot be; its owner has to close it all the
   *     same
   */
  public static PreparedContainer make(
      EventLoop loop, Spec example, Cgroup cgroup, Outcome outcome) {
    List<Fd> sockets = UnixSocket.pair("process of a prepared container");
    PreparedContainer made;
    try {
      PreparedChild child = new PreparedChild(example, cgroup);
      int pid =
          Container.forkFirst(Container.hasPidNamespace(example), () -> child.run(sockets.get(1)));
      made = new PreparedContainer(loop, example, cgroup, pid, sockets.get(0));
    } catch (RuntimeException e) {
      sockets.get(0).close();
      throw e;
    } finally {
      sockets.get(1).close();
    }
    made.awaitReport(outcome);
    return made;
  }

  /** While the child has not reported. */
  private record Making(EventLoop.Watch watch, Outcome outcome) {}

  private void awaitReport(Outcome outcome) {
    EventLoop.Watch watch = loop.watch(gate, EventLoop.READABLE, events -> receive());
    making = Optional.of(new Making(watch, outcome));
  }

  private void receive() {
    Outcome outcome = making.orElseThrow().outcome();
    making.orElseThrow().watch().close();
    making = Optional.empty();
    switch (ChildReport.receive(gate)) {
      case ChildReport.Ready made -> {
        ready = true;
        outcome.succeeded();
      }
      case ChildReport.Failed failed -> outcome.failed(failed.reason());
      case ChildReport.End end -> outcome.failed(ENDED);
    }
  }

  /** Whether a container can be made of it: one with the same namespaces. */
  boolean fits(Spec spec) {
    return ready
        && !used
        && Child.kinds(spec) == Child.kinds(example)
        && Container.hasPidNamespace(spec) == Container.hasPidNamespace(example);
  }

  /** The cgroup that its process is in. */
  Cgroup cgroup() {
    return cgroup;
  }

  /**
   * What a container takes.
   *
   * @param gate the socket to the process, which awaits the specification
   */
  record Taken(int pid, Fd gate) {}

  /** Gives its process and its cgroup away. */
  Taken take() {
    used = true;
    return new Taken(pid, gate);
  }

  /** Whether a child of the agent that has ended was its process. */
  public boolean ended(Processes.Exit exit) {
    if (used || exit.pid() != pid) {
      return false;
    }
    ready = false;
    return true;
  }

  /** Ends what nobody has taken; its cgroup goes when it is empty. */
  @Override
  public void close() {
    if (used) {
      return;
    }
    used = true;
    making.ifPresent(
        unfinished -> {
          unfinished.watch().close();
          unfinished.outcome().failed(ENDED);
        });
    gate.close();
    cgroup.kill();
    population = Optional.of(PopulationWatch.of(cgroup, loop, this::removeIfEmpty));
    removeIfEmpty();
  }

  private void removeIfEmpty() {
    if (population.isPresent() && !cgroup.isPopulated()) {
      population.get().close();
      population = Optional.empty();
      cgroup.remove();
    }
  }
}
