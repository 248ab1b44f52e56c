package dev.bulkhead.linux;

import java.util.function.Supplier;

/** Namespaces of this process, see namespaces(7). */
public final class Namespaces {
  public static final int MOUNT = 0x00020000;
  public static final int CGROUP = 0x02000000;
  public static final int UTS = 0x04000000;
  public static final int IPC = 0x08000000;
  public static final int USER = 0x10000000;
  public static final int PID = 0x20000000;
  public static final int NETWORK = 0x40000000;

  private Namespaces() {}

  /**
   * Leaves the shared namespaces of these kinds for new ones; a new PID one holds children only.
   */
  public static void unshare(int kinds) {
    LinuxException.check(Libc.unshare(kinds), "unshare", "0x" + Integer.toHexString(kinds));
  }

  /**
   * Enters a namespace; one of PIDs is entered by children only.
   *
   * @param kind the kind that it has to be, or 0 for any
   */
  public static void enter(Fd namespace, int kind) {
    LinuxException.check(Libc.setns(namespace.number(), kind), "setns", namespace.name());
  }

  /**
   * Does something in another namespace of a kind that a process can come back from, and comes
   * back.
   *
   * @param name the kind, as in /proc/PID/ns
   */
  public static <T> T within(Fd namespace, int kind, String name, Supplier<T> action) {
    try (Fd own = openOwn(name)) {
      enter(namespace, kind);
      try {
        return action.get();
      } finally {
        enter(own, kind);
      }
    }
  }

  /**
   * Does something in a new namespace of a kind that a process can come back from, and comes back;
   * the namespace lives on with what was opened in it.
   *
   * @param name the kind, as in /proc/PID/ns
   */
  public static <T> T withinNew(int kind, String name, Supplier<T> action) {
    try (Fd own = openOwn(name)) {
      unshare(kind);
      try {
        return action.get();
      } finally {
        enter(own, kind);
      }
    }
  }

  /** Opens a namespace of a process; {@code name} as in /proc/PID/ns. */
  public static Fd open(int pid, String name) {
    return Files.open("/proc/" + pid + "/ns/" + name, Open.O_RDONLY);
  }

  /** Opens a namespace of this process. */
  public static Fd openOwn(String name) {
    return Files.open("/proc/self/ns/" + name, Open.O_RDONLY);
  }

  /** The name that the kernel gives this machine in the UTS namespace. */
  public static void setHostname(String name) {
    byte[] bytes = CString.of(name);
    LinuxException.check(
        Libc.sethostname(org.teavm.interop.Address.ofData(bytes), bytes.length - 1),
        "sethostname",
        name);
  }

  public static void setDomainname(String name) {
    Files.writeExisting("/proc/sys/kernel/domainname", name);
  }
}
