package dev.bulkhead.agent.cgroup;

import dev.bulkhead.linux.EventLoop;

/** Notices when processes appear in a cgroup or are all gone. */
public final class PopulationWatch implements AutoCloseable {
  private final EventsWatch events;

  private PopulationWatch(EventsWatch events) {
    this.events = events;
  }

  /** Calls the action after each change; look at the cgroup itself for what it is now. */
  public static PopulationWatch of(Cgroup cgroup, EventLoop loop, Runnable changed) {
    return new PopulationWatch(EventsWatch.of(cgroup.eventsPath(), loop, changed));
  }

  @Override
  public void close() {
    events.close();
  }
}
