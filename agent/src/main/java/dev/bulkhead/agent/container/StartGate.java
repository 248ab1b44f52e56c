package dev.bulkhead.agent.container;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import java.util.Optional;

/**
 * The agent's end of the socket to a child that becomes a container's process. First the child
 * reports that it is ready, then it is let go, then the socket's end tells that its program runs.
 */
final class StartGate implements AutoCloseable {
  private static final String ENDED = "the process ended before its program could run";

  private final EventLoop loop;
  private final Fd socket;
  private State state;

  /** What the agent waits for. */
  private sealed interface State {
    /**
     * The child's first report.
     *
     * @param start of the child as soon as it is ready, if it was let go already
     */
    record Preparing(Preparation listener, EventLoop.Watch watch, Optional<Outcome> start)
        implements State {}

    record Ready() implements State {}

    record Starting(Outcome outcome, EventLoop.Watch watch) implements State {}

    record Done() implements State {}
  }

  /** Told once how the child's preparations have ended. */
  interface Preparation {
    /** The child is ready; its terminal's master side, if it has one, is the receiver's now. */
    void ready(Optional<Fd> terminal);

    void failed(String reason);
  }

  private StartGate(EventLoop loop, Fd socket) {
    this.loop = loop;
    this.socket = socket;
  }

  /** Takes ownership of a socket, and waits for the child's report. */
  static StartGate open(EventLoop loop, Fd socket, Preparation listener) {
    StartGate gate = new StartGate(loop, socket);
    EventLoop.Watch watch = loop.watch(socket, EventLoop.READABLE, events -> gate.receive());
    gate.state = new State.Preparing(listener, watch, Optional.empty());
    return gate;
  }

  /** Lets a child become its program, as soon as it is ready. */
  void letGo(Outcome outcome) {
    switch (state) {
      case State.Ready ready -> {
        if (ChildReport.sendGo(socket)) {
          EventLoop.Watch watch = loop.watch(socket, EventLoop.READABLE, events -> receive());
          state = new State.Starting(outcome, watch);
        } else {
          finish();
          outcome.failed(ENDED);
        }
      }
      case State.Preparing preparing -> {
        if (preparing.start().isPresent()) {
          outcome.failed("the process was started before");
        } else {
          state =
              new State.Preparing(preparing.listener(), preparing.watch(), Optional.of(outcome));
        }
      }
      case State.Starting starting -> outcome.failed("the process was started before");
      case State.Done done -> outcome.failed("the process has ended or was started before");
    }
  }

  private void receive() {
    switch (state) {
      case State.Preparing preparing -> {
        preparing.watch().close();
        ChildReport report = ChildReport.receive(socket);
        if (report instanceof ChildReport.Ready ready) {
          state = new State.Ready();
          preparing.listener().ready(ready.terminal());
          preparing.start().ifPresent(this::letGo);
        } else {
          finish();
          fail(preparing, report instanceof ChildReport.Failed failed ? failed.reason() : ENDED);
        }
      }
      case State.Starting starting -> {
        starting.watch().close();
        ChildReport report = ChildReport.receive(socket);
        finish();
        if (report instanceof ChildReport.Failed failed) {
          starting.outcome().failed(failed.reason());
        } else {
          starting.outcome().succeeded();
        }
      }
      case State.Ready ready -> throw new IllegalStateException("nothing is waited for");
      case State.Done done -> throw new IllegalStateException("nothing is waited for");
    }
  }

  private static void fail(State.Preparing preparing, String reason) {
    preparing.listener().failed(reason);
    preparing.start().ifPresent(start -> start.failed(reason));
  }

  private void finish() {
    state = new State.Done();
    socket.close();
  }

  /** Takes note that the child has ended; what it said last tells more than that it is gone. */
  void childEnded() {
    switch (state) {
      case State.Preparing preparing -> receive();
      case State.Starting starting -> receive();
      case State.Ready ready -> finish();
      case State.Done done -> {}
    }
  }

  /** Gives the child up. */
  @Override
  public void close() {
    State last = state;
    if (last instanceof State.Done) {
      return;
    }
    if (last instanceof State.Preparing preparing) {
      preparing.watch().close();
      finish();
      fail(preparing, ENDED);
    } else if (last instanceof State.Starting starting) {
      starting.watch().close();
      finish();
      starting.outcome().failed(ENDED);
    } else {
      finish();
    }
  }
}
