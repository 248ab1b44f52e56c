package dev.bulkhead.runtime.monitor;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.oci.Box;
import dev.bulkhead.runtime.stand.StandLink;
import dev.bulkhead.runtime.stand.StandMessage;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import java.util.Optional;

/**
 * A process in the guest with its container process and its streams on the host. It owns both ends
 * here; the container process is told the exit code when all output has been delivered.
 */
final class MonitoredProcess implements AutoCloseable {
  private static final int LOST = 128 + Signals.SIGKILL;

  private final EventLoop loop;
  private final Sandbox sandbox;
  private final String containerId;
  private final String processId;
  private final HostStdio stdio;
  private final StandLink link;
  private final Listener listener;
  private Optional<ProcessStreams> streams = Optional.empty();
  private int code = -1;
  private boolean done;

  /** Told of a process's end. */
  interface Listener {
    /** It has ended, and all its output is delivered. */
    void ended(int code);

    /** The machine is gone; the process with it. */
    void lost(AgentException failure);
  }

  /**
   * Prepares for a process.
   *
   * @param socket the link to its container process; taken over
   */
  MonitoredProcess(
      EventLoop loop,
      Sandbox sandbox,
      String containerId,
      String processId,
      HostStdio stdio,
      Fd socket,
      Listener listener) {
    this.loop = loop;
    this.sandbox = sandbox;
    this.containerId = containerId;
    this.processId = processId;
    this.stdio = stdio;
    this.listener = listener;
    this.link = new StandLink(loop, socket, this::received, this::standGone);
  }

  private void received(StandMessage message) {
    switch (message) {
      case StandMessage.Signal(int number) -> sandbox.signal(containerId, processId, number);
      case StandMessage.Resize(int rows, int columns) ->
          sandbox.resize(containerId, processId, rows, columns);
      // Only this side knows of the end.
      case StandMessage.Exit exit -> {}
    }
  }

  /** Whoever killed the container process meant the process that it stands for. */
  private void standGone() {
    if (!done) {
      sandbox.signal(containerId, processId, Signals.SIGKILL);
    }
  }

  /** Begins to copy the output of a process that the guest has. */
  void attach() {
    ProcessStreams attached =
        ProcessStreams.attach(loop, sandbox.agent(), containerId, processId, stdio.streams());
    streams = Optional.of(attached);
    sandbox.awaitExit(
        containerId,
        processId,
        new Sandbox.ExitListener() {
          @Override
          public void exited(int exitCode) {
            attached.onDrained(() -> end(exitCode));
          }

          @Override
          public void lost(AgentException failure) {
            if (!done) {
              done = true;
              code = LOST;
              listener.lost(failure);
            }
          }
        });
  }

  private void end(int exitCode) {
    if (!done) {
      done = true;
      code = exitCode;
      listener.ended(exitCode);
    }
  }

  /** Begins to copy the input to a process that was started, and gives its terminal its size. */
  void started(Box consoleSize) {
    streams.ifPresent(ProcessStreams::feedInput);
    stdio
        .sizedTerminal()
        .ifPresent(
            terminal -> {
              Terminal.Size size = Terminal.size(terminal);
              int rows = size.rows() > 0 ? size.rows() : consoleSize.height();
              int columns = size.columns() > 0 ? size.columns() : consoleSize.width();
              if (rows > 0 && columns > 0) {
                sandbox.resize(containerId, processId, rows, columns);
              }
            });
  }

  /** Lets go of the streams, so that their readers see the end. */
  void closeStreams() {
    done = true;
    streams.ifPresent(ProcessStreams::close);
    streams = Optional.empty();
    stdio.close();
  }

  /** Lets the container process end, as if killed if the end is not known. */
  @Override
  public void close() {
    closeStreams();
    link.send(new StandMessage.Exit(code >= 0 ? code : LOST));
    link.close();
  }
}
