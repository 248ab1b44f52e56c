package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;
import org.teavm.interop.Address;
import org.teavm.interop.Import;
import org.teavm.interop.c.Include;

/**
 * A system call filter, made by libseccomp, see seccomp(3). A program that uses this class is
 * linked with libseccomp.
 */
public final class Seccomp implements AutoCloseable {
  /** What a filter does with a call. */
  public static final int KILL_THREAD = 0x00000000;

  public static final int KILL_PROCESS = 0x80000000;
  public static final int TRAP = 0x00030000;
  public static final int LOG = 0x7ffc0000;
  public static final int ALLOW = 0x7fff0000;
  private static final int ERRNO = 0x00050000;
  private static final int TRACE = 0x7ff00000;

  /** How an argument is compared. */
  public static final int NE = 1;

  public static final int LT = 2;
  public static final int LE = 3;
  public static final int EQ = 4;
  public static final int GE = 5;
  public static final int GT = 6;
  public static final int MASKED_EQ = 7;

  private static final int ATTRIBUTE_BAD_ARCH_ACTION = 2;
  private static final int ATTRIBUTE_OPTIMIZE = 8;
  private static final int NO_SUCH_CALL = -1;
  private static final int COMPARISON_SIZE = 24;
  private static final int INSTRUCTION_SIZE = 8;
  private static final int MOST_INSTRUCTIONS = 4096;
  private static final int SET_MODE_FILTER = 1;
  private static final int FILTER_FLAG_LOG = 2;

  private final Address context;
  private boolean closed;

  /**
   * A filter without rules for this machine's own architecture.
   *
   * @param defaultAction for calls that no rule names
   */
  public Seccomp(int defaultAction) {
    context = initialize(defaultAction);
    if (context.toLong() == 0) {
      throw new LinuxException("seccomp_init", "", Errno.ENOMEM);
    }
    // A binary tree instead of a list: fewer instructions for each call of the container.
    check(setAttribute(context, ATTRIBUTE_OPTIMIZE, 2), "seccomp_attr_set", "");
  }

  /**
   * A comparison of a call's argument.
   *
   * @param operator one of NE ... MASKED_EQ
   * @param value for MASKED_EQ the mask
   * @param secondValue for MASKED_EQ the value
   */
  public record Comparison(int argument, int operator, long value, long secondValue) {}

  /** The action that answers a call with an error. */
  public static int errno(int error) {
    return ERRNO | (error & 0xffff);
  }

  /** The action that tells a tracer. */
  public static int trace(int message) {
    return TRACE | (message & 0xffff);
  }

  /** Adds an architecture by libseccomp's name, as "x86"; one that is there already is fine. */
  public boolean addArchitecture(String name) {
    byte[] bytes = CString.of(name);
    int token = resolveArchitecture(Address.ofData(bytes));
    if (token == 0) {
      return false;
    }
    int result = addArchitecture(context, token);
    if (result != 0 && result != -Errno.EEXIST) {
      throw new LinuxException("seccomp_arch_add", name, -result);
    }
    return true;
  }

  /** What happens to calls of another architecture than those added. */
  public void setForeignAction(int action) {
    check(setAttribute(context, ATTRIBUTE_BAD_ARCH_ACTION, action), "seccomp_attr_set", "");
  }

  /** The number of a call on this machine; empty if libseccomp does not know the name. */
  public static OptionalInt resolve(String call) {
    byte[] bytes = CString.of(call);
    int number = resolveCall(Address.ofData(bytes));
    return number == NO_SUCH_CALL ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** Adds a rule: {@code action} if the call's arguments match all comparisons. */
  public void addRule(int action, int call, List<Comparison> comparisons) {
    try (NativeMemory arguments = new NativeMemory(COMPARISON_SIZE * comparisons.size())) {
      for (int i = 0; i < comparisons.size(); i++) {
        Comparison comparison = comparisons.get(i);
        arguments.putInt(i * COMPARISON_SIZE, comparison.argument());
        arguments.putInt(i * COMPARISON_SIZE + 4, comparison.operator());
        arguments.putLong(i * COMPARISON_SIZE + 8, comparison.value());
        arguments.putLong(i * COMPARISON_SIZE + 16, comparison.secondValue());
      }
      int result = addRule(context, action, call, comparisons.size(), arguments.address());
      check(result, "seccomp_rule_add", Integer.toString(call));
    }
  }

  /**
   * The filter as instructions for the kernel, 8 bytes each.
   *
   * @throws IllegalArgumentException if they are more than the kernel takes
   */
  public byte[] program() {
    try (Pipe pipe = Pipe.open("the system call filter")) {
      // A pipe holds twice the most; what is longer must not wait for a reader.
      pipe.writer().setNonBlocking(true);
      check(export(context, pipe.writer().number()), "seccomp_export_bpf", "");
      pipe.writer().close();
      return pipe.reader().readAll(MOST_INSTRUCTIONS * INSTRUCTION_SIZE);
    }
  }

  /**
   * Puts a filter into force for this process and what it starts. It takes no_new_privs or
   * CAP_SYS_ADMIN.
   *
   * @param program of {@link #program}
   * @param logs whether the kernel logs what is not allowed
   */
  public static void load(byte[] program, boolean logs) {
    int count = program.length / INSTRUCTION_SIZE;
    if (program.length % INSTRUCTION_SIZE != 0 || count > MOST_INSTRUCTIONS) {
      throw new IllegalArgumentException(
          "a system call filter of " + program.length + " bytes is none");
    }
    try (NativeMemory instructions = new NativeMemory(Math.max(1, program.length));
        NativeMemory descriptor = new NativeMemory(16)) {
      for (int i = 0; i < program.length; i++) {
        instructions.putByte(i, program[i]);
      }
      descriptor.putInt(0, count);
      descriptor.putLong(8, instructions.address().toLong());
      long result =
          Libc.syscall(
              SystemCalls.SECCOMP,
              SET_MODE_FILTER,
              Address.fromLong(logs ? FILTER_FLAG_LOG : 0),
              descriptor.address(),
              0,
              0);
      LinuxException.check(result, "seccomp", "");
    }
  }

  private static void check(int result, String call, String subject) {
    if (result < 0) {
      throw new LinuxException(call, subject, -result);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      release(context);
    }
  }

  @Import(name = "seccomp_init")
  @Include("seccomp.h")
  private static native Address initialize(int defaultAction);

  @Import(name = "seccomp_release")
  @Include("seccomp.h")
  private static native void release(Address context);

  @Import(name = "seccomp_attr_set")
  @Include("seccomp.h")
  private static native int setAttribute(Address context, int attribute, int value);

  @Import(name = "seccomp_arch_resolve_name")
  @Include("seccomp.h")
  private static native int resolveArchitecture(Address name);

  @Import(name = "seccomp_arch_add")
  @Include("seccomp.h")
  private static native int addArchitecture(Address context, int architecture);

  @Import(name = "seccomp_syscall_resolve_name")
  @Include("seccomp.h")
  private static native int resolveCall(Address name);

  @Import(name = "seccomp_rule_add_array")
  @Include("seccomp.h")
  private static native int addRule(
      Address context, int action, int call, int count, Address comparisons);

  @Import(name = "seccomp_export_bpf")
  @Include("seccomp.h")
  private static native int export(Address context, int fd);
}
