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
   * What containers are made of.
   *
   * @param cgroups what makes their cgroups
   * @param prepared what a container that fits is made of instead
   */
  public record Makings(EventLoop loop, Cgroups cgroups, Optional<PreparedContainer> prepared) {}

  /**
   * Makes a container whose first process waits for {@link #start}.
   *
   * @param onOutOfMemory told its id each time the kernel has killed in it for lack of memory, and
   *     that before the exit code of what was killed is told
   * @param outcome told when it waits, or why it cannot be; its owner has to close it all the same
   * @throws IllegalArgumentException for a specification that cannot be
   */
  public static Container create(
      Makings makings, CreationRequest request, Consumer<String> onOutOfMemory, Outcome outcome) {
    String id = request.message().containerId();
    Spec spec = request.spec();
    SpecCheck.check(spec);
    Optional<PreparedContainer> prepared = makings.prepared().filter(ready -> ready.fits(spec));
    Cgroup cgroup =
        prepared.map(PreparedContainer::cgroup).orElseGet(() -> makings.cgroups().create(id));
    Container container;
    try {
      container = new Container(makings.loop(), id, spec, request.seccomp(), cgroup, onOutOfMemory);
    } catch (RuntimeException e) {
      if (prepared.isEmpty()) {
        cgroup.remove();
      }
      throw e;
    }
    try {
      Outcome readying = container.readying(outcome);
      container.init =
          prepared.isPresent()
              ? container.adopt(prepared.get().take(), request, readying)
              : container.forkInit(request.processId(), readying);
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

  /** Opens the namespace of its mounts; its first process must be running. */
  public Fd openMountNamespace() {
    return Namespaces.open(init.pid(), "mnt");
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
    Child.Place place =
        init == null
            ? new Child.Place.First(cgroup)
            : new Child.Place.Beside(cgroup, init.pid(), initPidfd);
    Child child = new Child(spec, process, seccomp, place);
    List<Fd> opened = new ArrayList<>();
    try {
      List<Fd> sockets = UnixSocket.pair("process " + processId);
      opened.addAll(sockets);
      List<Pipe> pipes = pipes(process, opened);
      int pid = fork(() -> child.run(sockets.get(1), childEnds(pipes)));
      sockets.get(1).close();
      return follow(
          processId, new GuestProcess(loop, pid, sockets.get(0), this::done, prepared), pipes);
    } catch (RuntimeException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private GuestProcess forkInit(String processId, Outcome prepared) {
    cgroup.limit(spec.linux().resources());
    return fork(processId, spec.process(), prepared);
  }

  /** Makes a prepared process the first one. */
  private GuestProcess adopt(
      PreparedContainer.Taken taken, CreationRequest request, Outcome prepared) {
    List<Fd> opened = new ArrayList<>(List.of(taken.gate()));
    try {
      cgroup.limit(spec.linux().resources());
      List<Pipe> pipes = pipes(spec.process(), opened);
      PreparedChild.send(taken.gate(), request.bytes(), childEnds(pipes));
      return follow(
          request.processId(),
          new GuestProcess(loop, taken.pid(), taken.gate(), this::done, prepared),
          pipes);
    } catch (RuntimeException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  /** The pipes of a process without a terminal, for standard input, output and errors. */
  private static List<Pipe> pipes(Process process, List<Fd> opened) {
    List<Pipe> pipes = new ArrayList<>();
    for (String stream : process.terminal() ? List.<String>of() : STREAMS) {
      Pipe pipe = Pipe.open(stream);
      opened.addAll(List.of(pipe.reader(), pipe.writer()));
      pipes.add(pipe);
    }
    return pipes;
  }

  private static List<Fd> childEnds(List<Pipe> pipes) {
    return pipes.isEmpty()
        ? List.of()
        : List.of(pipes.get(0).reader(), pipes.get(1).writer(), pipes.get(2).writer());
  }

  /** Closes what the child has by now, and keeps the rest. */
  private GuestProcess follow(String processId, GuestProcess made, List<Pipe> pipes) {
    childEnds(pipes).forEach(Fd::close);
    if (!pipes.isEmpty()) {
      made.attachPipes(pipes.get(0).writer(), pipes.get(1).reader(), pipes.get(2).reader());
    }
    processes.put(processId, made);
    return made;
  }

  private int fork(Processes.Body body) {
    return init == null
        ? forkFirst(hasPidNamespace(spec), body)
        : forkInPidNamespace(() -> Namespaces.enter(initPidfd, Namespaces.PID), body);
  }

  /** Forks a container's first process, in a new PID namespace if it is to have one. */
  static int forkFirst(boolean inPidNamespace, Processes.Body body) {
    return inPidNamespace
        ? forkInPidNamespace(() -> Namespaces.unshare(Namespaces.PID), body)
        : Processes.fork(body);
  }

  /**
   * A PID namespace holds the children of the process that entered it, so the agent enters it for
   * the moment of the fork and goes back to its own.
   */
  private static int forkInPidNamespace(Runnable enter, Processes.Body body) {
    try (Fd own = Namespaces.openOwn("pid")) {
      enter.run();
      try {
        return Processes.fork(body);
      } finally {
        Namespaces.enter(own, Namespaces.PID);
      }
    }
  }

  static boolean hasPidNamespace(Spec spec) {
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
        if (process == init && !hasPidNamespace(spec)) {
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
