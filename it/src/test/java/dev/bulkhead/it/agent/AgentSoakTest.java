package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.agent.GuestExtension.Inspector;
import dev.bulkhead.ttrpc.RpcException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The agent's garbage collection and input and output under load: nothing breaks, nothing grows.
 */
@ExtendWith(GuestExtension.class)
final class AgentSoakTest {
  private static final int EXECS = 500;
  private static final int CONTAINERS = 200;

  /** What the agent may take, however much it has done. */
  private static final int RESIDENT_KIB = 2048;

  @Test
  void fiveHundredExecsLeaveTheAgentAsItWas(Guest guest, Inspector inspector) throws Exception {
    int fifty = 50;
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      exec(container, fifty);
      int before = residentKib(inspector);
      exec(container, EXECS - fifty);
      int after = residentKib(inspector);
      String said = before + " KiB after " + fifty + " execs, " + after + " KiB after " + EXECS;
      System.out.println("agent: " + said);
      assertTrue(before <= RESIDENT_KIB && after <= RESIDENT_KIB, said);
    }
  }

  @Test
  void containersComeAndGo(Guest guest, Inspector inspector) throws Exception {
    for (int i = 0; i < CONTAINERS; i++) {
      String text = "container " + i;
      ProcessResult result = GuestContainer.run(guest, Specs.of(guest.newRoot(), "echo", text));
      assertEquals(text + "\n", result.output());
    }
    int after = residentKib(inspector);
    assertTrue(after <= RESIDENT_KIB, after + " KiB after " + CONTAINERS + " containers");
  }

  private static void exec(GuestContainer container, int count) throws RpcException {
    for (int i = 0; i < count; i++) {
      ProcessResult result = container.run("sh", "-c", "echo " + i + "; exit " + i % 100);
      result.expect(i % 100);
      assertEquals(i + "\n", result.output());
    }
  }

  private static int residentKib(Inspector inspector) throws RpcException {
    String line = inspector.output("grep VmRSS /proc/1/status");
    return Integer.parseInt(line.replaceAll("\\D", ""));
  }
}
