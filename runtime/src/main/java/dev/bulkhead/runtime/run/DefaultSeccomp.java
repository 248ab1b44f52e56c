package dev.bulkhead.runtime.run;

import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.LinuxSeccompArg;
import dev.bulkhead.oci.LinuxSyscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The system calls that a container of {@code bulkhead run} may not make unless it has the
 * capability that they are for. The guest's kernel is the container's own, so this protects the
 * guest's agent, not the host.
 */
final class DefaultSeccomp {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;
  private static final long CLONE_NEWUSER = 0x10000000L;

  /** Obsolete, or never of use to a container. */
  private static final List<String> NEVER =
      List.of(
          "add_key",
          "keyctl",
          "request_key",
          "kexec_load",
          "kexec_file_load",
          "lookup_dcookie",
          "nfsservctl",
          "query_module",
          "create_module",
          "get_kernel_syms",
          "sysfs",
          "_sysctl",
          "uselib",
          "userfaultfd",
          "ustat",
          "vm86",
          "vm86old");

  private record Guarded(String capability, List<String> calls) {}

  private static final List<Guarded> GUARDED =
      List.of(
          new Guarded(
              "CAP_SYS_ADMIN",
              List.of(
                  "bpf",
                  "fanotify_init",
                  "fsconfig",
                  "fsmount",
                  "fsopen",
                  "fspick",
                  "mount",
                  "mount_setattr",
                  "move_mount",
                  "open_tree",
                  "perf_event_open",
                  "pivot_root",
                  "quotactl",
                  "quotactl_fd",
                  "setdomainname",
                  "sethostname",
                  "setns",
                  "swapoff",
                  "swapon",
                  "umount",
                  "umount2",
                  "unshare")),
          new Guarded("CAP_SYS_MODULE", List.of("init_module", "finit_module", "delete_module")),
          new Guarded("CAP_SYS_BOOT", List.of("reboot")),
          new Guarded("CAP_SYS_PACCT", List.of("acct")),
          new Guarded("CAP_SYS_RAWIO", List.of("iopl", "ioperm")),
          new Guarded(
              "CAP_SYS_TIME", List.of("settimeofday", "stime", "clock_settime", "clock_adjtime")),
          new Guarded(
              "CAP_SYS_PTRACE",
              List.of("kcmp", "process_madvise", "process_vm_readv", "process_vm_writev")),
          new Guarded("CAP_SYS_NICE", List.of("move_pages", "set_mempolicy", "mbind")),
          new Guarded("CAP_DAC_READ_SEARCH", List.of("open_by_handle_at")),
          new Guarded("CAP_SYSLOG", List.of("syslog")));

  private DefaultSeccomp() {}

  /** The profile for a container with these capabilities. */
  static LinuxSeccomp profile(Set<String> capabilities) {
    List<String> refused = new ArrayList<>(NEVER);
    for (Guarded guarded : GUARDED) {
      if (!capabilities.contains(guarded.capability())) {
        refused.addAll(guarded.calls());
      }
    }
    List<LinuxSyscall> rules = new ArrayList<>();
    rules.add(refuse(refused, EPERM));
    if (!capabilities.contains("CAP_SYS_ADMIN")) {
      rules.add(
          refuse(List.of("clone"), EPERM)
              .withArgs(
                  List.of(
                      LinuxSeccompArg.DEFAULT
                          .withIndex(0)
                          .withValue(CLONE_NEWUSER)
                          .withValueTwo(CLONE_NEWUSER)
                          .withOp("SCMP_CMP_MASKED_EQ"))));
      // A filter cannot look into clone3's structure; told that there is none, libraries use clone.
      rules.add(refuse(List.of("clone3"), ENOSYS));
    }
    return LinuxSeccomp.DEFAULT
        .withDefaultAction("SCMP_ACT_ALLOW")
        .withArchitectures(List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"))
        .withSyscalls(rules);
  }

  private static LinuxSyscall refuse(List<String> names, int errno) {
    return LinuxSyscall.DEFAULT.withNames(names).withAction("SCMP_ACT_ERRNO").withErrnoRet(errno);
  }
}
