package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
import dev.bulkhead.agent.cgroup.Cgroups;
import dev.bulkhead.agent.cgroup.OutOfMemoryWatch;
import dev.bulkhead.agent.cgroup.PopulationWatch;
import dev.bulkhead.agent.process.ProgramStart;
import dev.bulkhead.agentapi.seccomp.SeccompProgram;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One container in the guest: its cgroup, its namespaces, its processes. It is created with its
 * first process waiting, started, and closed when it is empty and the host removes it.
 */
public final class Container implements AutoCloseable {
  /** So many processes that are done are still known, for a host that asks again. */
  private static final int REMEMBERED = 32;

  private static final List<String> STREAMS =
      List.of("standard input", "standard output", "standard error");

  private final EventLoop loop;
  private final String id;
  private final Spec spec;
  private final Optional<SeccompProgram> seccomp;
  private final Cgroup cgroup;
  private final OutOfMemoryWatch memory;
  private final Map<String, GuestProcess> processes = new LinkedHashMap<>();
  private final ArrayDeque<GuestProcess> done = new ArrayDeque<>();
  private final List<Runnable> onEmpty = new ArrayList<>();
  private Optional<PopulationWatch> population = Optional.empty();
  private GuestProcess init;
  // Its namespaces and mounts are made; a process can be added.
  private boolean ready;
  private Fd initPidfd;
  private boolean started;
  private boolean closed;

  private Container(
      EventLoop loop,
      String id,
      Spec spec,
      Optional<SeccompProgram> seccomp,
      Cgroup cgroup,
      Consumer<String> onOutOfMemory) {
    this.loop = loop;
    this.id = id;
    this.spec = spec;
    this.seccomp = seccomp;
    this.cgroup = cgroup;
    this.memory = OutOfMemoryWatch.of(cgroup, loop, () -> onOutOfMemory.accept(id));
  }

  /**
   * Makes a container whose first process waits for {@link #start}.
   *
   * @param cgroups what makes its cgroup
   * @param processId the name of its first process
   * @param seccomp the filter of its processes' system calls; what the specification says of one is
   *     not looked at
   * @param onOutOfMemory told its id each time the kernel has killed in it for lack of memory, and
   *     that before the exit code of what was killed is told
   * @param outcome told when it waits, or why it cannot be; its owner has to close it all the same
   * @throws IllegalArgumentException for a specification that cannot be
   */
  public static Container create(
      EventLoop loop,
      Cgroups cgroups,
      String id,
      String processId,
      Spec spec,
      Optional<SeccompProgram> seccomp,
      Consumer<String> onOutOfMemory,
      Outcome outcome) {
    SpecCheck.check(spec);
    Cgroup cgroup = cgroups.create(id);
    Container container;
    try {
      container = new Container(loop, id, spec, seccomp, cgroup, onOutOfMemory);
    } catch (RuntimeException e) {
      cgroup.remove();
      throw e;
    }
    try {
      container.cgroup.limit(spec.linux().resources());
      container.init = container.fork(processId, spec.process(), container.readying(outcome));
      container.initPidfd = Processes.openPidfd(container.init.pid());
      return container;
    } catch (RuntimeException e) {
      container.abandon();
      throw e;
    }
  }

  private Outcome readying(Outcome outcome) {
    return new Outcome() {
      @Override
      public void succeeded() {
        ready = true;
        outcome.succeeded();
      }

      @Override
      public void failed(String reason) {
        outcome.failed(reason);
      }
    };
  }

  public String id() {
    return id;
  }

  public Cgroup cgroup() {
    return cgroup;
  }

  /**
   * A process by its name; "" is the first one. Of those that were added, the last ones are still
   * known when all has been told of them.
   */
  public Optional<GuestProcess> process(String processId) {
    return processId.isEmpty() ? Optional.of(init) : Optional.ofNullable(processes.get(processId));
  }

  /** Lets the first process become its program. */
  public void start(Outcome outcome) {
    if (started) {
      outcome.failed("container '" + id + "' was started before");
      return;
    }
    if (!init.isRunning()) {
      outcome.failed("container '" + id + "' has ended before it was started");
      return;
    }
    init.gate()
        .letGo(
            new Outcome() {
              @Override
              public void succeeded() {
                started = true;
                outcome.succeeded();
              }

              @Override
              public void failed(String reason) {
                outcome.failed(reason);
              }
            });
  }

  /** Adds a process and starts it, be it before the first one has become its program. */
  public void exec(String processId, Process process, Outcome outcome) {
    ProgramStart.check(process);
    if (!ready || !init.isRunning()) {
      outcome.failed("container '" + id + "' is not running");
      return;
    }
    GuestProcess earlier = processes.get(processId);
    if (earlier != null && !done.remove(earlier)) {
      outcome.failed("container '" + id + "' has a process '" + processId + "' already");
      return;
    }
    Outcome started = forgetting(processId, outcome);
    fork(
        processId,
        process,
        new Outcome() {
          @Override
          public void succeeded() {
            processes.get(processId).gate().letGo(started);
          }

          @Override
          public void failed(String reason) {
            started.failed(reason);
          }
        });
  }

  /** An outcome that knows nothing more of a process whose program does not run. */
  private Outcome forgetting(String processId, Outcome outcome) {
    return new Outcome() {
      @Override
      public void succeeded() {
        outcome.succeeded();
      }

      @Override
      public void failed(String reason) {
        GuestProcess failed = processes.remove(processId);
        if (failed != null) {
          failed.close();
        }
        outcome.failed(reason);
      }
    };
  }

  private GuestProcess fork(String processId, Process process, Outcome prepared) {
    Optional<Child.FirstProcess> joined =
        init == null
            ? Optional.empty()
            : Optional.of(new Child.FirstProcess(init.pid(), initPidfd));
    Child child = new Child(spec, process, seccomp, cgroup, joined);
    List<Fd> opened = new ArrayList<>();
    try {
      List<Fd> sockets = UnixSocket.pair("process " + processId);
      opened.addAll(sockets);
      List<Pipe> pipes = new ArrayList<>();
      for (String stream : process.terminal() ? List.<String>of() : STREAMS) {
        Pipe pipe = Pipe.open(stream);
        opened.addAll(List.of(pipe.reader(), pipe.writer()));
        pipes.add(pipe);
      }
      List<Fd> childEnds =
          pipes.isEmpty()
              ? List.of()
              : List.of(pipes.get(0).reader(), pipes.get(1).writer(), pipes.get(2).writer());
      int pid = forkInPidNamespace(() -> child.run(sockets.get(1), childEnds));
      sockets.get(1).close();
      childEnds.forEach(Fd::close);
      GuestProcess made = new GuestProcess(loop, pid, sockets.get(0), this::done, prepared);
      if (!pipes.isEmpty()) {
        made.attachPipes(pipes.get(0).writer(), pipes.get(1).reader(), pipes.get(2).reader());
      }
      processes.put(processId, made);
      return made;
    } catch (RuntimeException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  /**
   * A PID namespace holds the children of the process that entered it, so the agent enters it for
   * the moment of the fork and goes back to its own.
   */
  private int forkInPidNamespace(Processes.Body body) {
    boolean first = init == null;
    if (first && !hasPidNamespace()) {
      return Processes.fork(body);
    }
    try (Fd own = Namespaces.openOwn("pid")) {
      if (first) {
        Namespaces.unshare(Namespaces.PID);
      } else {
        Namespaces.enter(initPidfd, Namespaces.PID);
      }
      try {
        return Processes.fork(body);
      } finally {
        Namespaces.enter(own, Namespaces.PID);
      }
    }
  }

  private boolean hasPidNamespace() {
    return spec.linux().namespaces().stream().anyMatch(n -> n.type().equals("pid"));
  }

  /** Everything has been told of a process; it gives back all but its exit code. */
  private void done(GuestProcess process) {
    if (process == init) {
      return;
    }
    process.close();
    done.add(process);
    if (done.size() > REMEMBERED) {
      processes.values().remove(done.remove());
    }
  }

  /**
   * Tells that a child of the agent has ended.
   *
   * @return whether it was one of this container's
   */
  public boolean ended(Processes.Exit exit) {
    for (GuestProcess process : List.copyOf(processes.values())) {
      if (process.isRunning() && process.pid() == exit.pid()) {
        if (process == init && !hasPidNamespace()) {
          // What the kernel does for a PID namespace of its own.
          cgroup.kill();
        }
        memory.look();
        process.ended(exit);
        checkEmpty();
        return true;
      }
    }
    return false;
  }

  /** Sends a signal to every process in the container; SIGKILL ends them all, frozen or not. */
  public void signalAll(int signal) {
    if (signal == Signals.SIGKILL) {
      cgroup.kill();
    } else {
      cgroup.signal(signal);
    }
  }

  /** Calls the action when no process of it is left, which may be at once. */
  public void whenEmpty(Runnable action) {
    onEmpty.add(action);
    if (population.isEmpty()) {
      population = Optional.of(PopulationWatch.of(cgroup, loop, this::checkEmpty));
    }
    checkEmpty();
  }

  private void checkEmpty() {
    if (!onEmpty.isEmpty()
        && processes.values().stream().noneMatch(GuestProcess::isRunning)
        && !cgroup.isPopulated()) {
      List<Runnable> actions = List.copyOf(onEmpty);
      onEmpty.clear();
      actions.forEach(Runnable::run);
    }
  }

  /** Kills what there is of it, and closes it when that is gone. */
  private void abandon() {
    processes.values().forEach(GuestProcess::close);
    processes.clear();
    cgroup.kill();
    whenEmpty(this::close);
  }

  /** Frees all; only when no process is left, see {@link #whenEmpty}. A second call is nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    population.ifPresent(PopulationWatch::close);
    memory.close();
    processes.values().forEach(GuestProcess::close);
    processes.clear();
    if (initPidfd != null) {
      initPidfd.close();
    }
    cgroup.remove();
  }
}
