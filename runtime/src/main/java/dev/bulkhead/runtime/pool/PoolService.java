package dev.bulkhead.runtime.pool;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.setup.HostSize;
import dev.bulkhead.sandbox.pool.PoolDirectory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Keeps a number of machines ready until a signal ends it. Each has a keeper, a process that ends
 * with this one unless its machine was taken by then.
 */
public final class PoolService implements AutoCloseable {
  // Who took a machine shall have the processors before the next one is made.
  private static final long REFILL_MILLIS = 1_000;
  private static final long RETRY_MILLIS = 10_000;
  private static final long END_MILLIS = 10_000;

  private final EventLoop loop = new EventLoop();
  private final KeeperPlan plan;
  private final int size;
  private final Consumer<String> tell;
  private final Consumer<String> warn;
  private final List<Kept> keepers = new ArrayList<>();

  // The processes of keepers whose machines nobody has taken; each until it is reaped.
  private final Set<Integer> unneeded = new HashSet<>();

  // What has been told already.
  private final Set<String> warnings = new HashSet<>();
  private Optional<String> failure = Optional.empty();
  private boolean complete;
  private boolean ending;

  /** A keeper whose machine nobody has taken yet. */
  private final class Kept {
    private final int pid;
    private final Fd socket;
    private final EventLoop.Watch watch;
    private boolean ready;

    private Kept(int pid, Fd socket) {
      this.pid = pid;
      this.socket = socket.setNonBlocking(true);
      this.watch = loop.watch(socket, EventLoop.READABLE, events -> heard());
    }

    private void heard() {
      byte[] message = new byte[1 + Keeper.LONGEST_REASON];
      int count = socket.read(message, 0, message.length);
      if (count == Fd.WOULD_BLOCK) {
        return;
      }
      Optional<KeeperWord> word = count > 0 ? KeeperWord.of(message[0]) : Optional.empty();
      switch (word.orElse(KeeperWord.FAILED)) {
        case READY -> {
          ready = true;
          tellIfComplete();
          fill();
        }
        case TAKEN -> {
          unneeded.remove(pid);
          close();
          loop.schedule(nextIn(), PoolService.this::fill);
        }
        case WARNED -> warned(reason(message, count));
        case FAILED -> {
          close();
          failed(count > 1 ? reason(message, count) : "the keeper " + pid + " ended");
        }
      }
    }

    private static String reason(byte[] message, int count) {
      return new String(message, 1, count - 1, StandardCharsets.UTF_8);
    }

    private void close() {
      keepers.remove(this);
      watch.close();
      socket.close();
    }
  }

  /**
   * Prepares.
   *
   * @param size how many machines are to be ready
   * @param tell told what happens, a line each
   * @param warn told what is not as good as it could be, each once
   */
  PoolService(KeeperPlan plan, int size, Consumer<String> tell, Consumer<String> warn) {
    this.plan = plan;
    this.size = size;
    this.tell = tell;
    this.warn = warn;
  }

  /**
   * Keeps.
   *
   * @throws ContainerException if the first machines cannot be made ready
   */
  void run() {
    PoolDirectory directory = new PoolDirectory(plan.configuration().factory().poolPath());
    try (Signals signals =
        Signals.handle(
            loop,
            List.of(Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP, Signals.SIGCHLD),
            this::signalled)) {
      directory.sweep();
      fill();
      loop.runUntil(() -> ending || failure.isPresent());
      end();
      directory.sweep();
    }
    if (failure.isPresent()) {
      throw new ContainerException("the pool's machines cannot be made ready: " + failure.get());
    }
  }

  private void signalled(int signal) {
    if (signal == Signals.SIGCHLD) {
      Processes.Exit exit = Processes.reap(-1);
      while (exit != null) {
        unneeded.remove(exit.pid());
        exit = Processes.reap(-1);
      }
    } else {
      ending = true;
    }
  }

  /** Makes what is missing, not more at once than there are processors. */
  private void fill() {
    long making = keepers.stream().filter(kept -> !kept.ready).count();
    while (!ending && keepers.size() < size && making < HostSize.processors()) {
      List<Fd> ends = UnixSocket.messagePair("a keeper's report");
      int pid = Processes.fork(() -> Keeper.live(plan, ends.getLast()));
      ends.getLast().close();
      keepers.add(new Kept(pid, ends.getFirst()));
      unneeded.add(pid);
      making++;
    }
  }

  private void tellIfComplete() {
    long ready = keepers.stream().filter(kept -> kept.ready).count();
    if (ready == size && !complete) {
      complete = true;
      tell.accept(size == 1 ? "1 machine is ready" : size + " machines are ready");
    }
  }

  private long nextIn() {
    return keepers.stream().anyMatch(kept -> kept.ready) ? REFILL_MILLIS : 0;
  }

  /** Each keeper finds the same anew. */
  private void warned(String reason) {
    if (warnings.add(reason)) {
      warn.accept(reason);
    }
  }

  private void failed(String reason) {
    if (ending) {
      return;
    }
    if (complete) {
      tell.accept("a machine could not be made ready, which is tried again soon: " + reason);
      loop.schedule(RETRY_MILLIS, this::fill);
    } else {
      failure = Optional.of(reason);
    }
  }

  /** Lets those keepers end whose machines nobody takes, not even just now. */
  private void end() {
    ending = true;
    keepers.forEach(kept -> UnixSocket.finishSending(kept.socket));
    if (!loop.runUntil(unneeded::isEmpty, END_MILLIS)) {
      unneeded.forEach(pid -> Processes.kill(pid, Signals.SIGKILL));
      loop.runUntil(unneeded::isEmpty);
    }
    List.copyOf(keepers).forEach(Kept::close);
  }

  @Override
  public void close() {
    loop.close();
  }
}
