package dev.bulkhead.linux;

import java.util.Arrays;

/**
 * The general registers of a stopped thread, in the order of the kernel's {@code struct
 * user_regs_struct} of x86-64. They do not change; {@link #with} answers others.
 */
public final class Registers {
  /** How many there are, of eight bytes each. */
  public static final int COUNT = 27;

  static final int RBX = 5;
  static final int R9 = 8;
  static final int R8 = 9;
  static final int R10 = 7;
  static final int RAX = 10;
  static final int RDX = 12;
  static final int RSI = 13;
  static final int RDI = 14;
  static final int ORIG_RAX = 15;
  static final int RIP = 16;
  static final int RSP = 19;

  private static final int SYSCALL_BYTES = 2;
  private static final int NO_CALL = -1;
  private static final int EINTR = 4;
  private static final int ERESTARTSYS = 512;
  private static final int ERESTARTNOINTR = 513;
  private static final int ERESTARTNOHAND = 514;
  private static final int ERESTART_RESTARTBLOCK = 516;

  private final long[] values;

  /** These values, {@link #COUNT} of them. */
  public Registers(long[] values) {
    if (values.length != COUNT) {
      throw new IllegalArgumentException(values.length + " registers");
    }
    this.values = Arrays.copyOf(values, COUNT);
  }

  /** All values, in the kernel's order. */
  public long[] values() {
    return Arrays.copyOf(values, COUNT);
  }

  long get(int register) {
    return values[register];
  }

  Registers with(int register, long value) {
    long[] changed = values();
    changed[register] = value;
    return new Registers(changed);
  }

  /** Whether the thread was stopped while it waited in a system call. */
  public boolean inSystemCall() {
    return values[ORIG_RAX] >= 0;
  }

  /** Where the thread's stack ends. */
  public long stackPointer() {
    return values[RSP];
  }

  /** The address of the instruction by which the thread made the system call that it is in. */
  long systemCallInstruction() {
    return values[RIP] - SYSCALL_BYTES;
  }

  /** Made to execute another system call by the same instruction. */
  Registers calling(long number, long[] arguments) {
    long[] changed = values();
    changed[RIP] = systemCallInstruction();
    changed[ORIG_RAX] = NO_CALL;
    changed[RAX] = number;
    int[] places = {RDI, RSI, RDX, R10, R8, R9};
    for (int i = 0; i < places.length; i++) {
      changed[places[i]] = i < arguments.length ? arguments[i] : 0;
    }
    return new Registers(changed);
  }

  /**
   * What the thread goes on with: a system call that the stop interrupted is made anew or tells of
   * an interruption, as the kernel does it after a signal without a handler.
   */
  public Registers resuming() {
    if (!inSystemCall()) {
      return this;
    }
    long[] changed = values();
    switch ((int) -values[RAX]) {
      case ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND -> {
        changed[RIP] = systemCallInstruction();
        changed[RAX] = values[ORIG_RAX];
      }
      // The rest of a time to wait is known to the kernel only. Who waits with one asks again.
      case ERESTART_RESTARTBLOCK -> changed[RAX] = -EINTR;
      default -> {}
    }
    changed[ORIG_RAX] = NO_CALL;
    return new Registers(changed);
  }
}
