package dev.bulkhead.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.teavm.interop.Address;

/**
 * A thread of another process that stands still, looked into and changed by ptrace(2). Its owner
 * lets it go on by {@link #release}; it ends with this process if it was started by it.
 */
public final class Tracee {
  private static final long PTRACE_TRACEME = 0;
  private static final long PTRACE_CONT = 7;
  private static final long PTRACE_SINGLESTEP = 9;
  private static final long PTRACE_GETREGS = 12;
  private static final long PTRACE_SETREGS = 13;
  private static final long PTRACE_DETACH = 17;
  private static final long PTRACE_SETOPTIONS = 0x4200;
  private static final long PTRACE_GETEVENTMSG = 0x4201;
  private static final long PTRACE_GETREGSET = 0x4204;
  private static final long PTRACE_SETREGSET = 0x4205;
  private static final long PTRACE_SEIZE = 0x4206;
  private static final long PTRACE_INTERRUPT = 0x4207;
  private static final long PTRACE_GETSIGMASK = 0x420a;
  private static final long PTRACE_SETSIGMASK = 0x420b;
  private static final long PTRACE_SECCOMP_GET_FILTER = 0x420c;
  private static final long PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;

  private static final long OPTION_TRACE_CLONE = 8;
  private static final long OPTION_EXIT_KILL = 1 << 20;
  private static final int EVENT_CLONE = 3;
  private static final int SIGTRAP = 5;
  private static final int WAIT_ALL_KINDS = 0x40000000;
  private static final long NT_X86_XSTATE = 0x202;
  private static final int LARGEST_EXTENDED_STATE = 64 << 10;
  private static final int SIGNAL_SET_BYTES = 8;
  private static final int RSEQ_CONFIGURATION_BYTES = 24;
  private static final int FILTER_INSTRUCTION_BYTES = 8;

  private final int id;

  private Tracee(int id) {
    this.id = id;
  }

  /**
   * Where a thread's restartable sequence is described to the kernel, see rseq(2).
   *
   * @param address 0 if it has told of none
   */
  public record RestartableSequence(long address, int size, int signature) {}

  /** The list of locks that the kernel gives up for a thread that ends. */
  public record RobustList(long head, long size) {}

  /** Stops a thread of another process, wherever it is, and waits until it stands. */
  public static Tracee seize(int id) {
    Tracee thread = new Tracee(id);
    thread.request(PTRACE_SEIZE, "PTRACE_SEIZE", 0, 0);
    thread.request(PTRACE_INTERRUPT, "PTRACE_INTERRUPT", 0, 0);
    thread.awaitStop();
    return thread;
  }

  /** Makes this process, a child, its parent's tracee. */
  static void offerThisProcess() {
    LinuxException.check(
        Libc.syscall(SystemCalls.PTRACE, PTRACE_TRACEME, 0, 0, 0, 0), "ptrace", "PTRACE_TRACEME");
  }

  /** Lets this process, a tracee, stand still until its parent lets it go on. */
  static void standStill() {
    Libc.kill(Libc.getpid(), Signals.SIGSTOP);
  }

  /** A child that has offered itself; its end is tied to this process's. */
  public static Tracee awaitOffered(int pid) {
    Tracee child = new Tracee(pid);
    child.awaitStop();
    child.request(PTRACE_SETOPTIONS, "PTRACE_SETOPTIONS", 0, OPTION_TRACE_CLONE | OPTION_EXIT_KILL);
    return child;
  }

  public int id() {
    return id;
  }

  private long request(long request, String name, long address, long data) {
    return LinuxException.check(
        Libc.syscall(SystemCalls.PTRACE, request, id, address, data, 0),
        "ptrace",
        name + " of " + id);
  }

  /** Waits until it stands, and answers why: the signal, and an event above that. */
  private int awaitStop() {
    int[] status = new int[1];
    while (Libc.waitpid(id, Address.ofData(status), WAIT_ALL_KINDS) < 0) {
      int errno = Libc.errno();
      if (errno != Errno.EINTR) {
        throw new LinuxException("waitpid", Integer.toString(id), errno);
      }
    }
    if ((status[0] & 0xff) != 0x7f) {
      throw new LinuxException("ptrace", "thread " + id + ", which has ended", Errno.ESRCH);
    }
    return status[0] >> 8;
  }

  public Registers registers() {
    try (NativeMemory memory = new NativeMemory(Registers.COUNT * 8)) {
      request(PTRACE_GETREGS, "PTRACE_GETREGS", 0, memory.address().toLong());
      long[] values = new long[Registers.COUNT];
      for (int i = 0; i < values.length; i++) {
        values[i] = memory.getLong(i * 8);
      }
      return new Registers(values);
    }
  }

  public void setRegisters(Registers registers) {
    long[] values = registers.values();
    try (NativeMemory memory = new NativeMemory(values.length * 8)) {
      for (int i = 0; i < values.length; i++) {
        memory.putLong(i * 8, values[i]);
      }
      request(PTRACE_SETREGS, "PTRACE_SETREGS", 0, memory.address().toLong());
    }
  }

  /** The registers of floating point and vectors, as the processor saves them. */
  public byte[] extendedState() {
    try (NativeMemory state = new NativeMemory(LARGEST_EXTENDED_STATE);
        NativeMemory vector = vector(state.address(), LARGEST_EXTENDED_STATE)) {
      request(PTRACE_GETREGSET, "PTRACE_GETREGSET", NT_X86_XSTATE, vector.address().toLong());
      byte[] bytes = new byte[(int) vector.getLong(8)];
      state.get(0, bytes, 0, bytes.length);
      return bytes;
    }
  }

  /** Sets what {@link #extendedState} answered on the same processor. */
  public void setExtendedState(byte[] bytes) {
    try (NativeMemory state = new NativeMemory(bytes.length);
        NativeMemory vector = vector(state.address(), bytes.length)) {
      state.put(0, bytes, 0, bytes.length);
      request(PTRACE_SETREGSET, "PTRACE_SETREGSET", NT_X86_XSTATE, vector.address().toLong());
    }
  }

  private static NativeMemory vector(Address base, long length) {
    NativeMemory vector = new NativeMemory(16);
    vector.putPointer(0, base);
    vector.putLong(8, length);
    return vector;
  }

  /** The signals that it blocks, bit n - 1 for signal n. */
  public long signalMask() {
    try (NativeMemory mask = new NativeMemory(SIGNAL_SET_BYTES)) {
      request(PTRACE_GETSIGMASK, "PTRACE_GETSIGMASK", SIGNAL_SET_BYTES, mask.address().toLong());
      return mask.getLong(0);
    }
  }

  public void setSignalMask(long signals) {
    try (NativeMemory mask = new NativeMemory(SIGNAL_SET_BYTES)) {
      mask.putLong(0, signals);
      request(PTRACE_SETSIGMASK, "PTRACE_SETSIGMASK", SIGNAL_SET_BYTES, mask.address().toLong());
    }
  }

  public RestartableSequence restartableSequence() {
    try (NativeMemory memory = new NativeMemory(RSEQ_CONFIGURATION_BYTES)) {
      request(
          PTRACE_GET_RSEQ_CONFIGURATION,
          "PTRACE_GET_RSEQ_CONFIGURATION",
          RSEQ_CONFIGURATION_BYTES,
          memory.address().toLong());
      return new RestartableSequence(memory.getLong(0), memory.getInt(8), memory.getInt(12));
    }
  }

  public RobustList robustList() {
    try (NativeMemory head = new NativeMemory(8);
        NativeMemory size = new NativeMemory(8)) {
      long result =
          Libc.syscall(
              SystemCalls.GET_ROBUST_LIST,
              id,
              head.address().toLong(),
              size.address().toLong(),
              0,
              0);
      LinuxException.check(result, "get_robust_list", Integer.toString(id));
      return new RobustList(head.getLong(0), size.getLong(0));
    }
  }

  /** The programs of its system call filters, that first which was installed last. */
  public List<byte[]> systemCallFilters() {
    List<byte[]> filters = new ArrayList<>();
    Optional<byte[]> filter = systemCallFilter(0);
    while (filter.isPresent()) {
      filters.add(filter.get());
      filter = systemCallFilter(filters.size());
    }
    return filters;
  }

  private Optional<byte[]> systemCallFilter(int index) {
    long count = Libc.syscall(SystemCalls.PTRACE, PTRACE_SECCOMP_GET_FILTER, id, index, 0, 0);
    // None of this index, and none at all.
    if (count < 0 && (Libc.errno() == Errno.ENOENT || Libc.errno() == Errno.EINVAL)) {
      return Optional.empty();
    }
    LinuxException.check(count, "ptrace", "PTRACE_SECCOMP_GET_FILTER of " + id);
    byte[] program = new byte[(int) count * FILTER_INSTRUCTION_BYTES];
    try (NativeMemory memory = new NativeMemory(program.length)) {
      request(
          PTRACE_SECCOMP_GET_FILTER, "PTRACE_SECCOMP_GET_FILTER", index, memory.address().toLong());
      memory.get(0, program, 0, program.length);
      return Optional.of(program);
    }
  }

  /**
   * Makes it execute a system call.
   *
   * @param waiting registers of a thread of this process that waits in a system call, whose
   *     instruction is used; it has these again only by {@link #setRegisters}
   * @return what the kernel answers: an error is -1 - errno, never thrown
   */
  public long call(Registers waiting, long number, long... arguments) {
    setRegisters(waiting.calling(number, arguments));
    request(PTRACE_SINGLESTEP, "PTRACE_SINGLESTEP", 0, 0);
    expectTrap(awaitStop());
    return registers().get(Registers.RAX);
  }

  /** Makes it execute the system calls of a table, to the end. */
  public void run(CallTable table) {
    start(table);
    expectTrap(awaitStop());
    table.check();
  }

  /**
   * Makes it execute a table of one system call that makes a thread.
   *
   * @return the thread, which stands still
   */
  public Tracee runCloning(CallTable table) {
    start(table);
    if (awaitStop() != (SIGTRAP | EVENT_CLONE << 8)) {
      table.check();
      throw new LinuxException("clone3", "thread of " + id, Errno.EINVAL);
    }
    Tracee thread;
    try (NativeMemory message = new NativeMemory(8)) {
      request(PTRACE_GETEVENTMSG, "PTRACE_GETEVENTMSG", 0, message.address().toLong());
      thread = new Tracee((int) message.getLong(0));
    }
    thread.awaitStop();
    request(PTRACE_CONT, "PTRACE_CONT", 0, 0);
    expectTrap(awaitStop());
    table.check();
    return thread;
  }

  private void start(CallTable table) {
    setRegisters(table.start(registers()));
    request(PTRACE_CONT, "PTRACE_CONT", 0, 0);
  }

  private void expectTrap(int stop) {
    if (stop != SIGTRAP) {
      throw new LinuxException(
          "ptrace", "thread " + id + ", stopped by " + Signals.name(stop & 0xff), Errno.EINVAL);
    }
  }

  /** Lets it go on, with the registers that it has. */
  public void release() {
    request(PTRACE_DETACH, "PTRACE_DETACH", 0, 0);
  }
}
