package dev.bulkhead.agent.cgroup;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import java.util.Optional;

/** Tells when the kernel kills in a cgroup, or below it, because a memory limit was reached. */
public final class OutOfMemoryWatch implements AutoCloseable {
  private final Optional<EventsWatch> events;
  private final Runnable killed;
  private long told;

  private OutOfMemoryWatch(Cgroup cgroup, EventLoop loop, Runnable killed) {
    this.killed = killed;
    String path = cgroup.memoryEventsPath();
    this.events =
        Files.exists(path) ? Optional.of(EventsWatch.of(path, loop, this::look)) : Optional.empty();
  }

  /**
   * Calls the action when one or more were killed since the last time. A kernel without control of
   * memory has no limits, so there it never comes.
   */
  public static OutOfMemoryWatch of(Cgroup cgroup, EventLoop loop, Runnable killed) {
    return new OutOfMemoryWatch(cgroup, loop, killed);
  }

  /**
   * Looks at once. The kernel's notice may come after that of the killed process's end, but it has
   * counted before.
   */
  public void look() {
    if (events.isEmpty()) {
      return;
    }
    long kills = CgroupStatistics.value(events.get().read(), "oom_kill");
    if (kills > told) {
      told = kills;
      killed.run();
    }
  }

  @Override
  public void close() {
    events.ifPresent(EventsWatch::close);
  }
}
