package dev.bulkhead.runtime.shim;

import dev.bulkhead.shimapi.TaskStatus;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How far a process is, as containerd asks for it: nothing here asks the guest. An end that is told
 * while the start is under way counts only after it, as no process ends before it begins.
 */
final class ProcessLife {
  private final String name;
  private final List<Consumer<Exit>> awaiting = new ArrayList<>();
  private Phase phase = Phase.CREATED;
  private Optional<Exit> told = Optional.empty();

  private enum Phase {
    CREATED("created"),
    STARTING("starting"),
    RUNNING("running"),
    PAUSED("paused"),
    STOPPED("stopped");

    private final String word;

    Phase(String word) {
      this.word = word;
    }
  }

  /**
   * How a process ended.
   *
   * @param nanos since 1970
   */
  record Exit(int code, long nanos) {}

  /**
   * A process that waits for its start.
   *
   * @param name for messages
   */
  ProcessLife(String name) {
    this.name = name;
  }

  TaskStatus status() {
    return switch (phase) {
      case CREATED, STARTING -> TaskStatus.CREATED;
      case RUNNING -> TaskStatus.RUNNING;
      case PAUSED -> TaskStatus.PAUSED;
      case STOPPED -> TaskStatus.STOPPED;
    };
  }

  boolean isStopped() {
    return phase == Phase.STOPPED;
  }

  boolean isRunning() {
    return phase == Phase.RUNNING;
  }

  boolean isBeforeStart() {
    return phase == Phase.CREATED;
  }

  /** How it ended, empty while it has not. */
  Optional<Exit> exit() {
    return isStopped() ? told : Optional.empty();
  }

  /** The start is under way. */
  void starting() throws RpcException {
    require(Phase.CREATED, "start");
    phase = Phase.STARTING;
  }

  /** The start has been done. */
  void started() {
    if (phase == Phase.STARTING) {
      phase = Phase.RUNNING;
      told.ifPresent(this::stop);
    }
  }

  /** The start has failed, and the process with it. */
  void startFailed(Exit exit) {
    if (phase == Phase.STARTING) {
      stop(told.orElse(exit));
    }
  }

  /** The process has ended; only the first end counts. */
  void ended(Exit exit) {
    if (told.isPresent()) {
      return;
    }
    told = Optional.of(exit);
    if (phase != Phase.STARTING) {
      stop(exit);
    }
  }

  private void stop(Exit exit) {
    told = Optional.of(exit);
    phase = Phase.STOPPED;
    List<Consumer<Exit>> told = List.copyOf(awaiting);
    awaiting.clear();
    told.forEach(waiter -> waiter.accept(exit));
  }

  /** Calls {@code waiter} when the process has ended, at once if it has. */
  void onExit(Consumer<Exit> waiter) {
    if (isStopped()) {
      waiter.accept(told.orElseThrow());
    } else {
      awaiting.add(waiter);
    }
  }

  /** That it can be paused. */
  void checkPausable() throws RpcException {
    require(Phase.RUNNING, "pause");
  }

  /** That it can be resumed. */
  void checkResumable() throws RpcException {
    require(Phase.PAUSED, "resume");
  }

  /** All its threads are stopped where they are. */
  void paused() {
    if (phase == Phase.RUNNING) {
      phase = Phase.PAUSED;
    }
  }

  /** They go on. */
  void resumed() {
    if (phase == Phase.PAUSED) {
      phase = Phase.RUNNING;
    }
  }

  /** That it can be forgotten: it has ended, or never began. */
  void checkDeletable() throws RpcException {
    if (phase != Phase.STOPPED && phase != Phase.CREATED) {
      throw refusal("delete");
    }
  }

  private void require(Phase needed, String action) throws RpcException {
    if (phase != needed) {
      throw refusal(action);
    }
  }

  private RpcException refusal(String action) {
    return new RpcException(
        Code.FAILED_PRECONDITION, "cannot " + action + " " + name + ", which is " + phase.word);
  }
}
