package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Capabilities of this process, see capabilities(7). Sets are bits by capability number. */
public final class Capabilities {
  private static final List<String> NAMES =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "DAC_READ_SEARCH",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "LINUX_IMMUTABLE",
          "NET_BIND_SERVICE",
          "NET_BROADCAST",
          "NET_ADMIN",
          "NET_RAW",
          "IPC_LOCK",
          "IPC_OWNER",
          "SYS_MODULE",
          "SYS_RAWIO",
          "SYS_CHROOT",
          "SYS_PTRACE",
          "SYS_PACCT",
          "SYS_ADMIN",
          "SYS_BOOT",
          "SYS_NICE",
          "SYS_RESOURCE",
          "SYS_TIME",
          "SYS_TTY_CONFIG",
          "MKNOD",
          "LEASE",
          "AUDIT_WRITE",
          "AUDIT_CONTROL",
          "SETFCAP",
          "MAC_OVERRIDE",
          "MAC_ADMIN",
          "SYSLOG",
          "WAKE_ALARM",
          "BLOCK_SUSPEND",
          "AUDIT_READ",
          "PERFMON",
          "BPF",
          "CHECKPOINT_RESTORE");

  private static final int VERSION_3 = 0x20080522;
  private static final int PR_CAPBSET_READ = 23;
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_SET_KEEPCAPS = 8;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_RAISE = 2;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;

  /** What capset(2) takes as its header, for the calling thread. */
  public static final long HEADER = VERSION_3;

  private Capabilities() {}

  /** The number of "CAP_CHOWN" or "chown"; empty for an unknown name. */
  public static OptionalInt number(String name) {
    return Names.find(NAMES, "CAP_", name);
  }

  /** All names, as "CAP_CHOWN", in the order of their numbers. */
  public static List<String> names() {
    return NAMES.stream().map(name -> "CAP_" + name).toList();
  }

  /** The set of these names; unknown ones are refused. */
  public static long set(Set<String> names) {
    long set = 0;
    for (String name : names) {
      OptionalInt number = number(name);
      if (number.isEmpty()) {
        throw new IllegalArgumentException("there is no capability '" + name + "'");
      }
      set |= 1L << number.getAsInt();
    }
    return set;
  }

  /** The capabilities that this kernel knows and this process could still get. */
  public static long bounding() {
    long set = 0;
    for (int number = 0; number < 64; number++) {
      int result = Libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0);
      if (result < 0) {
        break;
      }
      set |= (long) result << number;
    }
    return set;
  }

  /** Gives up for ever all that is not in {@code set}. */
  public static void limitBounding(long set) {
    for (int number = 0; number < 64; number++) {
      if ((set & (1L << number)) == 0) {
        int present = Libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (present < 0) {
          return;
        }
        if (present == 1) {
          LinuxException.check(
              Libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "drop capability", "" + number);
        }
      }
    }
  }

  /** Whether a change from root to another user keeps the permitted set, until exec. */
  public static void keepOverUserChange(boolean keep) {
    LinuxException.check(Libc.prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0), "prctl", "KEEPCAPS");
  }

  /** Sets the three sets of this thread at once. */
  public static void apply(long effective, long permitted, long inheritable) {
    try (NativeMemory header = new NativeMemory(8);
        NativeMemory data = new NativeMemory(24)) {
      header.putInt(0, VERSION_3);
      data.putInt(0, (int) effective);
      data.putInt(4, (int) permitted);
      data.putInt(8, (int) inheritable);
      data.putInt(12, (int) (effective >>> 32));
      data.putInt(16, (int) (permitted >>> 32));
      data.putInt(20, (int) (inheritable >>> 32));
      long result = Libc.syscall(SystemCalls.CAPSET, header.address(), data.address(), 0L, 0, 0);
      LinuxException.check(result, "capset", "");
    }
  }

  /** Makes {@code set} survive the exec of a program that has no rights of its own. */
  public static void setAmbient(long set) {
    Libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int number = 0; number < 64; number++) {
      if ((set & (1L << number)) != 0) {
        LinuxException.check(
            Libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0),
            "raise ambient capability",
            number < NAMES.size() ? NAMES.get(number) : "" + number);
      }
    }
  }

  /** Lets no program started from here gain rights by its file's mode or attributes. */
  public static void setNoNewPrivileges() {
    LinuxException.check(Libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "NO_NEW_PRIVS");
  }
}
