package dev.bulkhead.linux;

import java.util.List;
import java.util.OptionalInt;
import org.teavm.interop.Address;

/** User, groups and resource limits of this process. */
public final class Credentials {
  private static final List<String> LIMITS =
      List.of(
          "CPU",
          "FSIZE",
          "DATA",
          "STACK",
          "CORE",
          "RSS",
          "NPROC",
          "NOFILE",
          "MEMLOCK",
          "AS",
          "LOCKS",
          "SIGPENDING",
          "MSGQUEUE",
          "NICE",
          "RTPRIO",
          "RTTIME");

  private Credentials() {}

  public static void setGroups(List<Integer> groups) {
    int[] ids = new int[Math.max(1, groups.size())];
    for (int i = 0; i < groups.size(); i++) {
      ids[i] = groups.get(i);
    }
    long result =
        Libc.syscall(SystemCalls.SETGROUPS, groups.size(), Address.ofData(ids), none(), 0, 0);
    LinuxException.check(result, "setgroups", "");
  }

  private static Address none() {
    return Address.fromInt(0);
  }

  /** Sets real, effective and saved group. */
  public static void setGroup(int gid) {
    long id = Integer.toUnsignedLong(gid);
    LinuxException.check(
        Libc.syscall(SystemCalls.SETRESGID, id, id, id, 0, 0), "setgid", Long.toString(id));
  }

  /** Sets real, effective and saved user. */
  public static void setUser(int uid) {
    long id = Integer.toUnsignedLong(uid);
    LinuxException.check(
        Libc.syscall(SystemCalls.SETRESUID, id, id, id, 0, 0), "setuid", Long.toString(id));
  }

  /** The number of "RLIMIT_NOFILE" or "nofile"; empty for an unknown name. */
  public static OptionalInt limitNumber(String name) {
    return Names.find(LIMITS, "RLIMIT_", name);
  }

  /** Sets a resource limit; -1 is no limit. */
  public static void setLimit(int resource, long soft, long hard) {
    try (NativeMemory limit = new NativeMemory(16)) {
      limit.putLong(0, soft);
      limit.putLong(8, hard);
      String name = resource < LIMITS.size() ? LIMITS.get(resource) : "" + resource;
      LinuxException.check(
          Libc.setrlimit(resource, limit.address()), "setrlimit", "RLIMIT_" + name);
    }
  }

  /** Raises a soft limit to {@code wanted}, or as near to it as the hard limit allows. */
  public static void raiseLimit(int resource, long wanted) {
    try (NativeMemory limit = new NativeMemory(16)) {
      LinuxException.check(Libc.getrlimit(resource, limit.address()), "getrlimit", "" + resource);
      long soft = limit.getLong(0);
      long hard = limit.getLong(8);
      // Unsigned, as no limit is the highest number.
      if (Long.compareUnsigned(soft, wanted) < 0) {
        if (Long.compareUnsigned(wanted, hard) <= 0) {
          setLimit(resource, wanted, hard);
        } else if (!raiseBoth(resource, wanted)) {
          setLimit(resource, hard, hard);
        }
      }
    }
  }

  /** Who has CAP_SYS_RESOURCE may go beyond the hard limit. */
  private static boolean raiseBoth(int resource, long wanted) {
    try {
      setLimit(resource, wanted, wanted);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EPERM) {
        return false;
      }
      throw e;
    }
  }
}
