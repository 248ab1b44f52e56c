package dev.bulkhead.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * A program that this process started and owns: it is reaped here, and closing ends it.
 *
 * <p>The child gets exactly the descriptors it was given, a process group of its own, default
 * signals, and dies when this process does.
 */
public final class ChildProcess implements AutoCloseable {
  private final String name;
  private final int pid;
  private final Fd pidfd;
  private Processes.Exit exit;

  private ChildProcess(String name, int pid, Fd pidfd) {
    this.name = name;
    this.pid = pid;
    this.pidfd = pidfd;
  }

  /**
   * What to start.
   *
   * @param program the executable's path
   * @param arguments the arguments with the program's name first
   * @param environment NAME=VALUE each
   * @param descriptors descriptor i of the child is element i; null for /dev/null
   * @param preparation runs in the child before the program, as to enter namespaces or drop rights;
   *     what it throws is thrown by {@link #start}
   */
  public record Command(
      String program,
      List<String> arguments,
      List<String> environment,
      List<Fd> descriptors,
      Runnable preparation) {
    public Command {
      arguments = List.copyOf(arguments);
      environment = List.copyOf(environment);
      descriptors = new ArrayList<>(descriptors);
    }

    /** The program with this process's environment, no descriptors and no preparation. */
    public static Command of(String program, List<String> arguments) {
      List<String> all = new ArrayList<>();
      all.add(program.substring(program.lastIndexOf('/') + 1));
      all.addAll(arguments);
      return new Command(program, all, Environment.all(), List.of(), () -> {});
    }

    public Command withDescriptors(List<Fd> newDescriptors) {
      return new Command(program, arguments, environment, newDescriptors, preparation);
    }

    public Command withPreparation(Runnable newPreparation) {
      return new Command(program, arguments, environment, descriptors, newPreparation);
    }
  }

  /**
   * Starts a program.
   *
   * @throws LinuxException if the child could not be made ready or the program not be executed
   */
  public static ChildProcess start(Command command) {
    return owned(command, ChildProcess::execute);
  }

  private static ChildProcess owned(Command command, Become become) {
    int pid = launch(command, ChildProcess::bindToParent, become);
    return new ChildProcess(command.program(), pid, Processes.openPidfd(pid));
  }

  /**
   * Starts a program that may outlive this process, in a session of its own. Nobody here owns it:
   * whoever adopts it when this process ends has to reap it.
   *
   * @return its process id
   * @throws LinuxException if the child could not be made ready or the program not be executed
   */
  public static int startDetached(Command command) {
    return launch(
        command,
        parent -> {
          Processes.startSession();
          return true;
        },
        ChildProcess::execute);
  }

  /** How a child stands to its parent; answers whether it should go on. */
  private interface Bond {
    boolean tie(Fd parent);
  }

  /** What a child does at last; it returns by throwing only. */
  private interface Become {
    /**
     * Becomes what the command says.
     *
     * @param descriptors how many of them, from 0, are the program's
     */
    void become(Command command, int descriptors);
  }

  private static int launch(Command command, Bond bond, Become become) {
    List<Fd> report = UnixSocket.pair("start of " + command.program());
    Fd parentEnd = report.getFirst();
    Fd childEnd = report.getLast();
    try {
      int pid =
          Processes.fork(
              () -> {
                parentEnd.close();
                runChild(command, bond, become, childEnd.setNonBlocking(true));
                return 255;
              });
      childEnd.close();
      byte[] failure = parentEnd.readAll(4096);
      if (failure.length > 0) {
        Processes.await(pid);
        throw decode(failure);
      }
      return pid;
    } finally {
      parentEnd.close();
      childEnd.close();
    }
  }

  /**
   * As {@link #start}, in a PID namespace of its own: the program is the first process in it and
   * can signal no other. What it would end by itself with a signal's default effect, such as
   * abort(3), it survives, as every first process does.
   */
  public static ChildProcess startApart(Command command) {
    return apart(command, ChildProcess::execute);
  }

  /**
   * Starts a child as {@link #startApart} does that gets no program: when this returns it is about
   * to stand still, for {@link Tracee#awaitOffered}.
   *
   * @param command whose program is its name only
   */
  public static ChildProcess offerApart(Command command) {
    return apart(command, ChildProcess::offer);
  }

  private static ChildProcess apart(Command command, Become become) {
    try (Fd own = Namespaces.openOwn("pid")) {
      Namespaces.unshare(Namespaces.PID);
      try {
        return owned(command, become);
      } finally {
        Namespaces.enter(own, Namespaces.PID);
      }
    }
  }

  private static void execute(Command command, int descriptors) {
    Processes.exec(command.program(), command.arguments(), command.environment());
  }

  private static void offer(Command command, int descriptors) {
    Tracee.offerThisProcess();
    // The report's end, too, which tells the parent that all went well.
    Processes.closeFrom(descriptors);
    Tracee.standStill();
  }

  private static boolean bindToParent(Fd parent) {
    Processes.startGroup();
    Processes.dieWithParent(Signals.SIGKILL);
    // A parent that ended before that line would never be noticed; its end of the socket tells.
    return parent.read(new byte[1], 0, 1) == Fd.WOULD_BLOCK;
  }

  private static void runChild(Command command, Bond bond, Become become, Fd failure) {
    try {
      if (!bond.tie(failure)) {
        return;
      }
      // Out of the way of the numbers that the program will get.
      int count = Math.max(3, command.descriptors().size());
      List<Fd> sources = new ArrayList<>();
      for (Fd given : command.descriptors()) {
        sources.add(given == null ? null : given.duplicate(count));
      }
      Fd report = failure.duplicate(count);
      for (int i = 0; i < count; i++) {
        Fd source = i < sources.size() ? sources.get(i) : null;
        if (source == null) {
          Files.open("/dev/null", Open.O_RDWR).duplicateTo(i);
        } else {
          source.duplicateTo(i);
        }
      }
      try {
        Processes.closeOnExecFrom(count);
        command.preparation().run();
        Processes.restoreSignals();
        become.become(command, count);
      } catch (LinuxException e) {
        report.writeAll(encode(e));
      }
    } catch (LinuxException e) {
      failure.writeAll(encode(e));
    }
  }

  private static byte[] encode(LinuxException e) {
    String text = e.errno() + "\n" + e.call() + "\n" + e.subject();
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static LinuxException decode(byte[] report) {
    String text = new String(report, java.nio.charset.StandardCharsets.UTF_8);
    int first = text.indexOf('\n');
    int second = text.indexOf('\n', first + 1);
    return new LinuxException(
        text.substring(first + 1, second),
        text.substring(second + 1),
        Integer.parseInt(text.substring(0, first)));
  }

  public int pid() {
    return pid;
  }

  public String name() {
    return name;
  }

  /** A descriptor that becomes readable when the program ends; it stays this object's. */
  public Fd pidfd() {
    return pidfd;
  }

  /** How it ended, or null while it runs. */
  public Processes.Exit poll() {
    if (exit == null) {
      exit = Processes.reap(pid);
    }
    return exit;
  }

  /** Waits for the end, turning nothing meanwhile. */
  public Processes.Exit await() {
    if (exit == null) {
      exit = Processes.await(pid);
    }
    return exit;
  }

  /** Sends a signal, unless it ended. */
  public void kill(int signal) {
    if (exit == null) {
      Processes.kill(pidfd, signal);
    }
  }

  /** Ends it if it still runs, and waits until it is gone. */
  @Override
  public void close() {
    if (pidfd.isOpen()) {
      if (poll() == null) {
        kill(Signals.SIGKILL);
        await();
      }
      pidfd.close();
    }
  }
}
