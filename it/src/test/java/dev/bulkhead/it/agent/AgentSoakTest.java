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

  /** The heap may come into use to its first size, and no further. */
  private static final int HEAP_KIB = 1024;

  @Test
  void fiveHundredExecsLeaveTheAgentAsItWas(Guest guest, Inspector inspector) throws Exception {
    int fifty = 50;
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      exec(container, fifty);
      int before = residentKib(inspector);
      exec(container, EXECS - fifty);
      int after = residentKib(inspector);
      assertTrue(after <= before + HEAP_KIB, before + " KiB, then " + after + " KiB");
      System.out.println(
          "agent: " + before + " KiB after " + fifty + " execs, " + after + " KiB after " + EXECS);
    }
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
