package dev.bulkhead.linux;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * The one place where a program waits: descriptors that become ready, timers, and work posted for
 * later (epoll(7)). Handlers run one after another on the only thread and never block.
 *
 * <p>A handler may run the loop further ({@link #runUntil}) to await a short exchange in place.
 */
public final class EventLoop implements AutoCloseable {
  public static final int READABLE = 0x1;

  /** A file of the kernel, as cgroup.events, has changed since it was read. */
  public static final int PRIORITY = 0x2;

  public static final int WRITABLE = 0x4;
  public static final int ERROR = 0x8;
  public static final int HANGUP = 0x10;

  /** The peer of a stream will send no more. */
  public static final int PEER_CLOSED = 0x2000;

  /** Tells of changes only, not of a state that lasts. */
  public static final int EDGE_TRIGGERED = 1 << 31;

  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_CTL_DEL = 2;
  private static final int EPOLL_CTL_MOD = 3;
  private static final int CAPACITY = 32;
  // struct epoll_event is packed on x86-64 only: 4 bytes of events, 8 of data.
  private static final int EVENT_SIZE = 12;

  private final Fd epoll;
  private final NativeMemory change = new NativeMemory(EVENT_SIZE);
  private final List<Watch> watches = new ArrayList<>();
  private final ArrayDeque<Runnable> posted = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private long nextTimerNumber;

  public EventLoop() {
    epoll = new Fd(LinuxException.check(Libc.epollCreate(Open.O_CLOEXEC), "epoll", ""), "epoll");
  }

  /** Told which of READABLE, WRITABLE, ERROR, HANGUP came. */
  public interface Handler {
    void ready(int events);
  }

  /** A descriptor's place in the loop. The descriptor stays its owner's; close the watch first. */
  public final class Watch implements AutoCloseable {
    private final Fd fd;
    private final Handler handler;
    private final int slot;
    private int interest;
    private boolean open = true;

    private Watch(Fd fd, Handler handler, int slot, int interest) {
      this.fd = fd;
      this.handler = handler;
      this.slot = slot;
      this.interest = interest;
    }

    /** Changes what to wait for; 0 waits for nothing but errors. */
    public void interest(int events) {
      if (open && events != interest) {
        interest = events;
        control(EPOLL_CTL_MOD, this);
      }
    }

    public int interest() {
      return interest;
    }

    /** Arms an edge-triggered watch again, so that a state that lasts is told once more. */
    public void rearm() {
      if (open) {
        control(EPOLL_CTL_MOD, this);
      }
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        watches.set(slot, null);
        control(EPOLL_CTL_DEL, this);
      }
    }
  }

  /** A call that comes later, unless it is cancelled. */
  public final class Timer implements Comparable<Timer> {
    private final long dueNanos;
    private final long number;
    private final Runnable action;

    private Timer(long dueNanos, long number, Runnable action) {
      this.dueNanos = dueNanos;
      this.number = number;
      this.action = action;
    }

    /**
     * Forgets the call.
     *
     * @return false if it came before, or was cancelled before
     */
    public boolean cancel() {
      return timers.remove(this);
    }

    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  /**
   * Calls {@code handler} whenever {@code fd} is ready.
   *
   * @throws LinuxException with EPERM for a regular file, which is always ready
   */
  public Watch watch(Fd fd, int interest, Handler handler) {
    int slot = watches.indexOf(null);
    if (slot < 0) {
      slot = watches.size();
      watches.add(null);
    }
    Watch watch = new Watch(fd, handler, slot, interest);
    control(EPOLL_CTL_ADD, watch);
    watches.set(slot, watch);
    return watch;
  }

  private void control(int operation, Watch watch) {
    change.putInt(0, watch.interest);
    change.putLong(4, watch.slot);
    LinuxException.check(
        Libc.epollCtl(epoll.number(), operation, watch.fd.number(), change.address()),
        "epoll_ctl",
        watch.fd.name());
  }

  /** Calls {@code action} once after a time. */
  public Timer schedule(long delayMillis, Runnable action) {
    long due = Clock.monotonicNanos() + delayMillis * 1_000_000;
    Timer timer = new Timer(due, nextTimerNumber++, action);
    timers.add(timer);
    return timer;
  }

  /** Calls {@code action} in the next turn. */
  public void post(Runnable action) {
    posted.add(action);
  }

  /** Turns until {@code done} answers true. */
  public void runUntil(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      turn(-1);
    }
  }

  /**
   * Turns until {@code done} answers true or the time is over.
   *
   * @return whether {@code done} answered true
   */
  public boolean runUntil(BooleanSupplier done, long timeoutMillis) {
    long deadline = Clock.monotonicNanos() + timeoutMillis * 1_000_000;
    while (!done.getAsBoolean()) {
      long left = deadline - Clock.monotonicNanos();
      if (left <= 0) {
        return false;
      }
      turn(left);
    }
    return true;
  }

  /** Waits for the next events, at most {@code maxNanos} unless negative, and handles them. */
  private void turn(long maxNanos) {
    long wait = maxNanos;
    if (!posted.isEmpty()) {
      wait = 0;
    } else if (!timers.isEmpty()) {
      long untilTimer = Math.max(0, timers.peek().dueNanos - Clock.monotonicNanos());
      wait = wait < 0 ? untilTimer : Math.min(wait, untilTimer);
    }
    int timeoutMillis =
        wait < 0 ? -1 : (int) Math.min(Integer.MAX_VALUE, (wait + 999_999) / 1_000_000);
    dispatch(timeoutMillis);
    runTimers();
    // What is posted meanwhile waits for the next turn; a nested turn may have emptied the queue.
    for (int i = posted.size(); i > 0 && !posted.isEmpty(); i--) {
      posted.remove().run();
    }
  }

  private void dispatch(int timeoutMillis) {
    // One buffer a turn, as a handler may turn the loop itself.
    Watch[] ready = new Watch[CAPACITY];
    int[] readyEvents = new int[CAPACITY];
    int count;
    try (NativeMemory events = new NativeMemory(CAPACITY * EVENT_SIZE)) {
      count = Libc.epollWait(epoll.number(), events.address(), CAPACITY, timeoutMillis);
      if (count < 0) {
        int errno = Libc.errno();
        if (errno != Errno.EINTR) {
          throw new LinuxException("epoll_wait", "", errno);
        }
      }
      for (int i = 0; i < count; i++) {
        ready[i] = watches.get((int) events.getLong(i * EVENT_SIZE + 4));
        readyEvents[i] = events.getInt(i * EVENT_SIZE);
      }
    }
    for (int i = 0; i < count; i++) {
      // A handler that ran before may have closed this one's watch.
      if (ready[i] != null && ready[i].open) {
        ready[i].handler.ready(readyEvents[i]);
      }
    }
  }

  private void runTimers() {
    long now = Clock.monotonicNanos();
    while (!timers.isEmpty() && timers.peek().dueNanos <= now) {
      timers.remove().action.run();
    }
  }

  @Override
  public void close() {
    change.close();
    epoll.close();
  }
}
