package dev.bulkhead.agent.device;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Uevents;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Waits for devices that the host has just plugged in or given another size. */
public final class Arrival {
  private static final long TIMEOUT_MILLIS = 10_000;

  private final Supplier<Optional<String>> missing;
  private final Runnable ready;
  private final Consumer<String> late;
  private Uevents events;
  private EventLoop.Timer deadline;
  private boolean over;

  private Arrival(Supplier<Optional<String>> missing, Runnable ready, Consumer<String> late) {
    this.missing = missing;
    this.ready = ready;
    this.late = late;
  }

  /**
   * Waits until nothing is missing any more.
   *
   * @param missing what is not there yet, as the PCI path of a device, if there is anything
   * @param ready run when all are there, which may be at once
   * @param late told which is not there in time
   * @throws IllegalArgumentException if {@code missing} throws it at once
   */
  public static void await(
      EventLoop loop, Supplier<Optional<String>> missing, Runnable ready, Consumer<String> late) {
    new Arrival(missing, ready, late).begin(loop);
  }

  private void begin(EventLoop loop) {
    // Listening begins before the first look, so that no device can come unseen in between.
    events = Uevents.listen(loop, properties -> look());
    deadline = loop.schedule(TIMEOUT_MILLIS, this::giveUp);
    try {
      look();
    } catch (RuntimeException e) {
      end();
      throw e;
    }
  }

  private void look() {
    if (!over && missing.get().isEmpty()) {
      end();
      ready.run();
    }
  }

  private void giveUp() {
    String path = missing.get().orElse("");
    end();
    late.accept(path);
  }

  private void end() {
    over = true;
    deadline.cancel();
    events.close();
  }
}
