package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
import dev.bulkhead.agent.mount.RootFilesystem;
import dev.bulkhead.agent.process.ProgramStart;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One container in the guest: its cgroup, its namespaces, its processes. It is created with its
 * first process waiting, started, and closed when the host removes it.
 */
public final class Container implements AutoCloseable {
  private final EventLoop loop;
  private final String id;
  private final Spec spec;
  private final Cgroup cgroup;
  private final Map<String, GuestProcess> processes = new LinkedHashMap<>();
  private GuestProcess init;
  // Its namespaces and mounts are made; a process can be added.
  private boolean ready;
  private boolean started;

  private Container(EventLoop loop, String id, Spec spec, Cgroup cgroup) {
    this.loop = loop;
    this.id = id;
    this.spec = spec;
    this.cgroup = cgroup;
  }

  /** Told how making or starting something ended. */
  public interface Outcome {
    void succeeded();

    /** Why not, in one sentence. */
    void failed(String reason);
  }

  /**
   * Makes a container whose first process waits for {@link #start}.
   *
   * @param processId the name of its first process
   * @param created the container as soon as it has a process, so that its end can be noticed
   * @throws IllegalArgumentException for a specification that cannot be
   */
  public static void create(
      EventLoop loop,
      String id,
      String processId,
      Spec spec,
      Consumer<Container> created,
      Outcome outcome) {
    check(spec);
    Container container = new Container(loop, id, spec, Cgroup.create(id));
    try {
      container.cgroup.limit(spec.linux().resources());
      container.init =
          container.fork(
              processId, spec.process(), container::becomeFirst, container.readying(outcome));
      container.processes.put(processId, container.init);
    } catch (RuntimeException e) {
      container.close();
      throw e;
    }
    created.accept(container);
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

  private static void check(Spec spec) {
    if (!spec.hasProcess()) {
      throw new IllegalArgumentException("the specification has no process");
    }
    ProgramStart.check(spec.process());
    if (!spec.root().path().startsWith("/")) {
      throw new IllegalArgumentException("root.path '" + spec.root().path() + "' is not absolute");
    }
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      switch (namespace.type()) {
        case "mount", "pid", "uts", "ipc", "cgroup", "network" -> {}
        case "user" ->
            throw new IllegalArgumentException(
                "user namespaces are not supported: the container's root is root of its own"
                    + " virtual machine only; remove the namespace 'user'");
        default ->
            throw new IllegalArgumentException(
                "namespaces of the kind '" + namespace.type() + "' are not supported");
      }
    }
  }

  public String id() {
    return id;
  }

  public Spec spec() {
    return spec;
  }

  public Cgroup cgroup() {
    return cgroup;
  }

  public GuestProcess init() {
    return init;
  }

  /** All processes that the host has not waited for. */
  public List<GuestProcess> processes() {
    return List.copyOf(processes.values());
  }

  /** A process by its name; "" is the first one. */
  public Optional<GuestProcess> process(String processId) {
    return processId.isEmpty() ? Optional.of(init) : Optional.ofNullable(processes.get(processId));
  }

  /** Lets the first process become its program. */
  public void start(Outcome outcome) {
    if (started) {
      outcome.failed("container '" + id + "' was started before");
      return;
    }
    started = true;
    letGo(init, outcome);
  }

  /** Adds a process and starts it, be it before the first one has become its program. */
  public void exec(String processId, Process process, Outcome outcome) {
    ProgramStart.check(process);
    if (!ready || !init.isRunning()) {
      outcome.failed("container '" + id + "' is not running");
      return;
    }
    if (processes.containsKey(processId)) {
      outcome.failed("container '" + id + "' has a process '" + processId + "' already");
      return;
    }
    GuestProcess[] added = new GuestProcess[1];
    added[0] =
        fork(
            processId,
            process,
            this::becomeAnother,
            new Outcome() {
              @Override
              public void succeeded() {
                letGo(added[0], outcome);
              }

              @Override
              public void failed(String reason) {
                processes.remove(processId);
                outcome.failed(reason);
              }
            });
    added[0].onDone(
        () -> {
          processes.remove(processId);
          added[0].close();
        });
    processes.put(processId, added[0]);
  }

  private void letGo(GuestProcess process, Outcome outcome) {
    Fd gate = process.startGate();
    if (!gate.isOpen()) {
      outcome.failed("the process ended before it was started");
      return;
    }
    EventLoop.Watch[] watch = new EventLoop.Watch[1];
    watch[0] =
        loop.watch(
            gate,
            EventLoop.READABLE,
            events -> {
              watch[0].close();
              Optional<String> failure = ChildReport.receiveStartFailure(gate);
              if (failure.isPresent()) {
                outcome.failed(failure.get());
              } else {
                outcome.succeeded();
              }
            });
    ChildReport.sendGo(gate);
  }

  /** What the child does before it reports that it is ready; answers its terminal's master side. */
  private interface Becoming {
    Optional<Fd> prepare(Process process);
  }

  private GuestProcess fork(String processId, Process process, Becoming becoming, Outcome outcome) {
    boolean first = init == null;
    List<Fd> sockets = UnixSocket.pair("process " + processId);
    Fd ours = sockets.get(0);
    Fd theirs = sockets.get(1);
    List<Pipe> pipes = new ArrayList<>();
    try {
      if (!process.terminal()) {
        for (String stream : List.of("standard input", "standard output", "standard error")) {
          pipes.add(Pipe.open(stream));
        }
      }
      int pid = forkInPidNamespace(first, () -> runChild(process, becoming, theirs, pipes));
      theirs.close();
      if (process.terminal()) {
        return awaitTerminal(processId, pid, ours, outcome);
      }
      pipes.get(0).reader().close();
      pipes.get(1).writer().close();
      pipes.get(2).writer().close();
      GuestProcess.Streams streams =
          new GuestProcess.Streams(
              Optional.empty(),
              Optional.of(pipes.get(0).writer()),
              pipes.get(1).reader(),
              Optional.of(pipes.get(2).reader()));
      GuestProcess made = new GuestProcess(loop, processId, pid, ours, streams);
      awaitReady(ours, outcome);
      return made;
    } catch (RuntimeException e) {
      sockets.forEach(Fd::close);
      pipes.forEach(Pipe::close);
      throw e;
    }
  }

  /**
   * The terminal is made in the container's own devpts, so the child has to have it mounted before
   * there is a stream to read: the only step that is awaited in place.
   */
  private GuestProcess awaitTerminal(String processId, int pid, Fd socket, Outcome outcome) {
    ChildReport report = ChildReport.receive(socket);
    if (report.failure().isPresent()) {
      socket.close();
      throw new IllegalArgumentException(report.failure().get());
    }
    Fd master = report.terminal().orElseThrow();
    GuestProcess.Streams streams =
        new GuestProcess.Streams(
            Optional.of(master),
            Optional.of(master.duplicate(3)),
            master.duplicate(3),
            Optional.empty());
    loop.post(outcome::succeeded);
    return new GuestProcess(loop, processId, pid, socket, streams);
  }

  private void awaitReady(Fd socket, Outcome outcome) {
    EventLoop.Watch[] watch = new EventLoop.Watch[1];
    watch[0] =
        loop.watch(
            socket,
            EventLoop.READABLE,
            events -> {
              watch[0].close();
              ChildReport report = ChildReport.receive(socket);
              if (report.failure().isPresent()) {
                outcome.failed(report.failure().get());
              } else {
                outcome.succeeded();
              }
            });
  }

  /**
   * A PID namespace holds the children of the process that entered it, so the agent enters it for
   * the moment of the fork and goes back to its own.
   */
  private int forkInPidNamespace(boolean first, Processes.Body body) {
    if (first && !hasNamespace("pid")) {
      return Processes.fork(body);
    }
    try (Fd own = Namespaces.openOwn("pid")) {
      if (first) {
        Namespaces.unshare(Namespaces.PID);
      } else {
        try (Fd namespace = Namespaces.open(init.pid(), "pid")) {
          Namespaces.enter(namespace, Namespaces.PID);
        }
      }
      try {
        return Processes.fork(body);
      } finally {
        Namespaces.enter(own, Namespaces.PID);
      }
    }
  }

  private boolean hasNamespace(String type) {
    return spec.linux().namespaces().stream().anyMatch(n -> n.type().equals(type));
  }

  /** The child's whole life until its program runs. */
  private int runChild(Process process, Becoming becoming, Fd socket, List<Pipe> pipes) {
    try {
      List<Fd> own = new ArrayList<>(List.of(socket));
      if (!process.terminal()) {
        own.addAll(List.of(pipes.get(0).reader(), pipes.get(1).writer(), pipes.get(2).writer()));
      }
      Processes.closeAllBut(own);
      Processes.startSession();
      ProgramStart start =
          new ProgramStart(
              process,
              spec.linux().hasSeccomp()
                  ? Optional.of(spec.linux().seccomp())
                  : Optional.<LinuxSeccomp>empty());
      Optional<Fd> master = becoming.prepare(process);
      List<Fd> stdio = own.subList(1, own.size());
      if (process.terminal()) {
        Fd slave = Terminal.openSlave(master.orElseThrow());
        stdio = List.of(slave, slave, slave);
      }
      String program = start.findProgram();
      ChildReport.sendReady(socket, master);
      master.ifPresent(Fd::close);
      if (!ChildReport.awaitGo(socket)) {
        return 255;
      }
      start.takeStdio(stdio, process.terminal());
      start.run(program);
      return 255;
    } catch (LinuxException e) {
      ChildReport.sendFailure(socket, sentence(e, process));
      return 255;
    } catch (RuntimeException e) {
      ChildReport.sendFailure(socket, String.valueOf(e.getMessage()));
      return 255;
    }
  }

  private static String sentence(LinuxException e, Process process) {
    if (!e.call().equals("exec")) {
      return e.getMessage();
    }
    // In the words of runc, by which Docker chooses the exit code.
    String reason = e.reason();
    String lower = Character.toLowerCase(reason.charAt(0)) + reason.substring(1);
    return "exec: \"" + process.args().getFirst() + "\": " + lower;
  }

  private Optional<Fd> becomeFirst(Process process) {
    cgroup.join();
    int kinds = 0;
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      kinds |=
          switch (namespace.type()) {
            case "mount" -> Namespaces.MOUNT;
            case "uts" -> Namespaces.UTS;
            case "ipc" -> Namespaces.IPC;
            case "cgroup" -> Namespaces.CGROUP;
            // The guest's network is the container's; the PID namespace was made with the fork.
            default -> 0;
          };
    }
    // Without a mount namespace of its own a container would mount over the agent's tree, and a
    // cgroup namespace is what keeps it from seeing the guest's cgroups.
    Namespaces.unshare(kinds | Namespaces.MOUNT | Namespaces.CGROUP);
    new ProgramStart(process, Optional.empty()).setLimits();
    RootFilesystem root = new RootFilesystem(spec);
    root.prepare();
    Optional<Fd> master =
        process.terminal() ? Optional.of(root.openConsole()) : Optional.<Fd>empty();
    root.enter();
    setNames(kinds);
    for (Map.Entry<String, String> sysctl : spec.linux().sysctl().entrySet()) {
      setSysctl(sysctl.getKey(), sysctl.getValue());
    }
    root.restrict();
    return master;
  }

  private void setNames(int kinds) {
    if ((kinds & Namespaces.UTS) != 0 && !spec.hostname().isEmpty()) {
      Namespaces.setHostname(spec.hostname());
    }
  }

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

  private Optional<Fd> becomeAnother(Process process) {
    List<Fd> namespaces = new ArrayList<>();
    for (String name : List.of("cgroup", "ipc", "uts", "mnt")) {
      namespaces.add(Namespaces.open(init.pid(), name));
    }
    cgroup.join();
    new ProgramStart(process, Optional.empty()).setLimits();
    for (Fd namespace : namespaces) {
      Namespaces.enter(namespace, 0);
      namespace.close();
    }
    if (!process.terminal()) {
      return Optional.empty();
    }
    try (RootDirectory root = new RootDirectory(Files.open("/", Open.O_PATH | Open.O_DIRECTORY))) {
      return Optional.of(RootFilesystem.openTerminal(root));
    }
  }

  /** Tells a container's process that a child of the agent's was its own and ended. */
  public boolean ended(Processes.Exit exit) {
    for (GuestProcess process : processes()) {
      if (process.pid() == exit.pid()) {
        if (process == init && !hasNamespace("pid")) {
          cgroup.kill();
        }
        process.ended(exit);
        return true;
      }
    }
    return false;
  }

  /** Sends a signal to every process in the container; SIGKILL ends them all. */
  public void signalAll(int signal) {
    if (signal == Signals.SIGKILL) {
      cgroup.kill();
    } else {
      cgroup.signal(signal);
    }
  }

  /** Ends what still runs and frees all. Call it when no process is left, see {@link #isEmpty}. */
  @Override
  public void close() {
    processes.values().forEach(GuestProcess::close);
    processes.clear();
    if (init != null) {
      init.close();
    }
    cgroup.remove();
  }

  /** Whether no process of it is left. */
  public boolean isEmpty() {
    return !cgroup.isPopulated();
  }
}
