package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.GetOOMEventRequest;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Spec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the agent tells of containers that need more memory than they may have. */
@ExtendWith(GuestExtension.class)
final class OutOfMemoryTest {
  private static final long LIMIT = 16L << 20;
  private static final int KILLED = 137;

  /** Reads 100 MiB into its memory at once. */
  private static Spec greedy(Guest guest) {
    Spec spec =
        Specs.of(guest.newRoot(), "dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1");
    LinuxMemory memory = LinuxMemory.DEFAULT.withLimit(LIMIT);
    return Specs.withLinux(
        spec, linux -> linux.withResources(LinuxResources.DEFAULT.withMemory(memory)));
  }

  @Test
  void tellsOneWhoWaitsBeforeTheExit(Guest guest) throws Exception {
    var event = guest.connection().send(AgentService.GET_OOM_EVENT, GetOOMEventRequest.DEFAULT);
    try (GuestContainer container = GuestContainer.start(guest, greedy(guest))) {
      assertEquals(KILLED, container.init().awaitExit());
      assertTrue(event.isDone(), "the event has to come before the exit code");
      assertEquals(container.id(), event.get().containerId());
    }
  }

  @Test
  void tellsOneWhoAsksLater(Guest guest) throws Exception {
    try (GuestContainer container = GuestContainer.start(guest, greedy(guest))) {
      assertEquals(KILLED, container.init().awaitExit());
      assertEquals(
          container.id(),
          guest
              .connection()
              .call(AgentService.GET_OOM_EVENT, GetOOMEventRequest.DEFAULT)
              .containerId());
    }
  }
}
