package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Process;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.stand.StandLink;
import dev.bulkhead.runtime.stand.StandMessage;
import dev.bulkhead.runtime.stand.StandStart;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * A process of a container: in the guest, with its container process on the host, whose id
 * containerd gets, and its streams. Its end is told at once; its output may take longer.
 */
final class TaskProcess implements AutoCloseable {
  /** The exit code of what a lost machine ran, as of a killed process. */
  static final int LOST = 128 + Signals.SIGKILL;

  /** How long nobody may take output of a process that has ended before it is given up. */
  private static final long PATIENCE_MILLIS = 5_000;

  private final EventLoop loop;
  private final LogProgram.Owner owner;
  private final String guestId;
  private final Process process;
  private final Stdio.Places places;
  private final ProcessLife life;
  private int pid;
  private Optional<StandLink> link = Optional.empty();
  private Optional<Stdio> stdio = Optional.empty();
  private Optional<ProcessStreams> streams = Optional.empty();
  private Runnable signalKill = () -> {};
  private Runnable onDelivered = () -> {};

  /**
   * Describes a process.
   *
   * @param owner the container
   * @param guestId its name in the guest
   * @param name for messages
   */
  TaskProcess(
      EventLoop loop,
      LogProgram.Owner owner,
      String guestId,
      String name,
      Process process,
      Stdio.Places places) {
    this.loop = loop;
    this.owner = owner;
    this.guestId = guestId;
    this.process = process;
    this.places = places;
    this.life = new ProcessLife(name);
    life.onExit(this::exited);
  }

  ProcessLife life() {
    return life;
  }

  String guestId() {
    return guestId;
  }

  Process process() {
    return process;
  }

  Stdio.Places places() {
    return places;
  }

  /** The container process's id; 0 before there is one. */
  int pid() {
    return pid;
  }

  /**
   * Opens the streams and starts the container process.
   *
   * @throws ContainerException if either fails
   */
  void stand(StandStart start) {
    stdio = Optional.of(Stdio.open(loop, places, owner));
    List<Fd> ends = UnixSocket.pair("the container process");
    try {
      pid = start.start(ends.getLast());
    } catch (LinuxException e) {
      ends.getFirst().close();
      closeStreams();
      throw new ContainerException(
          "the container process could not be started: " + e.getMessage(), e);
    } finally {
      ends.getLast().close();
    }
    link =
        Optional.of(
            new StandLink(
                loop, ends.getFirst().setNonBlocking(true), this::received, this::standGone));
  }

  private void received(StandMessage message) {
    // It has no terminal and nobody signals it on purpose; whoever does means the process.
    if (message instanceof StandMessage.Signal(int number) && number == Signals.SIGKILL) {
      signalKill.run();
    }
  }

  /** The container process has ended: told to, or killed by someone who meant the process. */
  private void standGone() {
    link.ifPresent(StandLink::close);
    link = Optional.empty();
    Processes.await(pid);
    if (!life.isStopped()) {
      signalKill.run();
    }
  }

  /** Begins to copy the output of a process that the guest has, and awaits its end. */
  void attach(Sandbox sandbox) {
    signalKill = () -> sandbox.signal(owner.containerId(), guestId, Signals.SIGKILL);
    ProcessStreams attached =
        ProcessStreams.attach(
            loop, sandbox.agent(), owner.containerId(), guestId, stdio.orElseThrow().streams());
    streams = Optional.of(attached);
    attached.onDrained(this::closeIfDone);
    sandbox.awaitExit(
        owner.containerId(),
        guestId,
        new Sandbox.ExitListener() {
          @Override
          public void exited(int code) {
            ended(code);
          }

          @Override
          public void lost(AgentException failure) {
            ended(LOST);
          }
        });
  }

  /** The process has ended; the container process ends alike. */
  void ended(int code) {
    life.ended(new ProcessLife.Exit(code, Clock.realtimeNanos()));
  }

  /** The process was not started, and will not be. */
  void startFailed() {
    life.startFailed(new ProcessLife.Exit(LOST, Clock.realtimeNanos()));
    closeStreams();
  }

  private void exited(ProcessLife.Exit exit) {
    link.ifPresent(present -> present.send(new StandMessage.Exit(exit.code())));
    closeIfDone();
  }

  /** A process may close its output long before it ends, and still read. */
  private void closeIfDone() {
    if (life.isStopped() && streams.map(ProcessStreams::isDrained).orElse(false)) {
      closeStreams();
    }
  }

  /** Begins to copy the input to a process that was started, and gives its terminal its size. */
  void started(Sandbox sandbox) {
    streams.ifPresent(ProcessStreams::feedInput);
    int rows = process.consoleSize().height();
    int columns = process.consoleSize().width();
    if (process.terminal() && rows > 0 && columns > 0) {
      sandbox.resize(owner.containerId(), guestId, rows, columns);
    }
  }

  /** Ends the input when what was written so far is passed on. */
  void endInput() {
    streams.ifPresent(ProcessStreams::endInput);
  }

  /**
   * Calls {@code action} when all output is delivered, or nobody takes it any more. For a process
   * that has ended.
   */
  void whenDelivered(Runnable action) {
    if (streams.isEmpty()) {
      action.run();
    } else {
      onDelivered = action;
      giveUpIfStuck(streams.get().delivered());
    }
  }

  private void giveUpIfStuck(long before) {
    loop.schedule(
        PATIENCE_MILLIS,
        () -> {
          if (streams.isPresent()) {
            long now = streams.get().delivered();
            if (now == before) {
              closeStreams();
            } else {
              giveUpIfStuck(now);
            }
          }
        });
  }

  private void closeStreams() {
    streams.ifPresent(ProcessStreams::close);
    streams = Optional.empty();
    stdio.ifPresent(Stdio::close);
    stdio = Optional.empty();
    Runnable action = onDelivered;
    onDelivered = () -> {};
    action.run();
  }

  /** Lets go of everything; a process that has not ended is taken to be killed. */
  @Override
  public void close() {
    signalKill = () -> {};
    ended(LOST);
    closeStreams();
    if (link.isPresent()) {
      // It ends as soon as it has read its exit code.
      loop.runUntil(link::isEmpty, PATIENCE_MILLIS);
    }
  }
}
