package dev.bulkhead.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class RegistersTest {
  private static final long CALL = 202;
  private static final long PROGRAM_COUNTER = 0x1002;

  private static Registers interrupted(long answer) {
    return new Registers(new long[Registers.COUNT])
        .with(Registers.RIP, PROGRAM_COUNTER)
        .with(Registers.ORIG_RAX, CALL)
        .with(Registers.RAX, answer);
  }

  @Test
  void anInterruptedCallIsMadeAnew() {
    for (long restart : new long[] {-512, -513, -514}) {
      Registers resuming = interrupted(restart).resuming();
      assertEquals(PROGRAM_COUNTER - 2, resuming.get(Registers.RIP));
      assertEquals(CALL, resuming.get(Registers.RAX));
      assertFalse(resuming.inSystemCall());
    }
  }

  @Test
  void whoWaitedForATimeIsToldOfTheInterruption() {
    Registers resuming = interrupted(-516).resuming();
    assertEquals(PROGRAM_COUNTER, resuming.get(Registers.RIP));
    assertEquals(-4, resuming.get(Registers.RAX));
  }

  @Test
  void anAnswerStays() {
    Registers resuming = interrupted(17).resuming();
    assertEquals(PROGRAM_COUNTER, resuming.get(Registers.RIP));
    assertEquals(17, resuming.get(Registers.RAX));
    Registers running = interrupted(-512).with(Registers.ORIG_RAX, -1);
    assertEquals(-512, running.resuming().get(Registers.RAX));
    assertTrue(interrupted(0).inSystemCall());
  }

  @Test
  void aCallHasItsArgumentsWhereTheKernelLooks() {
    Registers calling = interrupted(-512).calling(9, new long[] {1, 2, 3, 4, 5});
    assertEquals(PROGRAM_COUNTER - 2, calling.get(Registers.RIP));
    assertEquals(9, calling.get(Registers.RAX));
    assertEquals(1, calling.get(Registers.RDI));
    assertEquals(2, calling.get(Registers.RSI));
    assertEquals(3, calling.get(Registers.RDX));
    assertEquals(4, calling.get(Registers.R10));
    assertEquals(5, calling.get(Registers.R8));
    assertEquals(0, calling.get(Registers.R9));
    assertThrows(IllegalArgumentException.class, () -> new Registers(new long[1]));
  }
}
