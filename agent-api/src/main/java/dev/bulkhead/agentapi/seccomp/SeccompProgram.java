package dev.bulkhead.agentapi.seccomp;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Seccomp;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.LinuxSeccompArg;
import dev.bulkhead.oci.LinuxSyscall;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A filter of system calls, see seccomp(2).
 *
 * @param instructions for the kernel's filter machine, 8 bytes each
 * @param logs whether the kernel logs what is not allowed
 */
public record SeccompProgram(byte[] instructions, boolean logs) {
  private static final String ARCHITECTURE_PREFIX = "SCMP_ARCH_";
  private static final String LOG = "SECCOMP_FILTER_FLAG_LOG";

  public SeccompProgram {
    instructions = instructions.clone();
  }

  @Override
  public byte[] instructions() {
    return instructions.clone();
  }

  /** Puts it into force for this process and those that it starts, for good. */
  public void load() {
    Seccomp.load(instructions, logs);
  }

  /**
   * Compiles the specification's profile.
   *
   * @throws IllegalArgumentException for a profile that cannot be
   */
  public static SeccompProgram of(LinuxSeccomp profile) {
    if (!profile.listenerPath().isEmpty()) {
      throw new IllegalArgumentException("seccomp.listenerPath is not supported");
    }
    int defaultErrno = profile.hasDefaultErrnoRet() ? profile.defaultErrnoRet() : Errno.EPERM;
    int defaultAction = action(profile.defaultAction(), defaultErrno);
    try (Seccomp filter = new Seccomp(defaultAction)) {
      for (String name : profile.architectures()) {
        addArchitecture(filter, name);
      }
      profile.flags().forEach(SeccompProgram::checkFlag);
      for (LinuxSyscall rule : profile.syscalls()) {
        addRules(filter, rule, defaultAction);
      }
      return new SeccompProgram(filter.program(), profile.flags().contains(LOG));
    }
  }

  private static void addArchitecture(Seccomp filter, String name) {
    if (!name.startsWith(ARCHITECTURE_PREFIX)
        || !filter.addArchitecture(lowerCase(name.substring(ARCHITECTURE_PREFIX.length())))) {
      throw new IllegalArgumentException("seccomp knows no architecture '" + name + "'");
    }
  }

  private static String lowerCase(String ascii) {
    StringBuilder lower = new StringBuilder();
    for (int i = 0; i < ascii.length(); i++) {
      char c = ascii.charAt(i);
      lower.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return lower.toString();
  }

  private static void checkFlag(String flag) {
    switch (flag) {
      // One thread loads the filter, and nothing here reads speculation controls.
      case LOG, "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW" -> {}
      default -> throw new IllegalArgumentException("seccomp flag '" + flag + "' is not supported");
    }
  }

  private static void addRules(Seccomp filter, LinuxSyscall rule, int defaultAction) {
    int action = action(rule.action(), rule.hasErrnoRet() ? rule.errnoRet() : Errno.EPERM);
    if (action == defaultAction) {
      return;
    }
    List<Seccomp.Comparison> comparisons = new ArrayList<>();
    boolean sameArgumentTwice = false;
    for (LinuxSeccompArg argument : rule.args()) {
      for (Seccomp.Comparison earlier : comparisons) {
        sameArgumentTwice |= earlier.argument() == (int) argument.index();
      }
      comparisons.add(comparison(argument));
    }
    for (String name : rule.names()) {
      OptionalInt call = Seccomp.resolve(name);
      if (call.isEmpty()) {
        // A profile names calls of many kernels; those that this libseccomp does not know get the
        // default action, as with runc.
        continue;
      }
      if (sameArgumentTwice) {
        // The kernel's filter compares an argument once in a rule; runc makes a rule of each.
        for (Seccomp.Comparison comparison : comparisons) {
          filter.addRule(action, call.getAsInt(), List.of(comparison));
        }
      } else {
        filter.addRule(action, call.getAsInt(), comparisons);
      }
    }
  }

  private static Seccomp.Comparison comparison(LinuxSeccompArg argument) {
    int operator =
        switch (argument.op()) {
          case "SCMP_CMP_NE" -> Seccomp.NE;
          case "SCMP_CMP_LT" -> Seccomp.LT;
          case "SCMP_CMP_LE" -> Seccomp.LE;
          case "SCMP_CMP_EQ" -> Seccomp.EQ;
          case "SCMP_CMP_GE" -> Seccomp.GE;
          case "SCMP_CMP_GT" -> Seccomp.GT;
          case "SCMP_CMP_MASKED_EQ" -> Seccomp.MASKED_EQ;
          default ->
              throw new IllegalArgumentException(
                  "seccomp knows no comparison '" + argument.op() + "'");
        };
    if (argument.index() < 0 || argument.index() > 5) {
      throw new IllegalArgumentException(
          "seccomp argument " + argument.index() + " does not exist; a call has arguments 0 to 5");
    }
    return new Seccomp.Comparison(
        (int) argument.index(), operator, argument.value(), argument.valueTwo());
  }

  private static int action(String name, int errno) {
    return switch (name) {
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> Seccomp.KILL_THREAD;
      case "SCMP_ACT_KILL_PROCESS" -> Seccomp.KILL_PROCESS;
      case "SCMP_ACT_TRAP" -> Seccomp.TRAP;
      case "SCMP_ACT_ERRNO" -> Seccomp.errno(errno);
      case "SCMP_ACT_TRACE" -> Seccomp.trace(errno);
      case "SCMP_ACT_ALLOW" -> Seccomp.ALLOW;
      case "SCMP_ACT_LOG" -> Seccomp.LOG;
      default ->
          throw new IllegalArgumentException("seccomp action '" + name + "' is not supported");
    };
  }
}
