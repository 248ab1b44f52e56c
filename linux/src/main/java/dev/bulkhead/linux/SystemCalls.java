package dev.bulkhead.linux;

/** Numbers of system calls that the C library has no function for, on x86-64. */
final class SystemCalls {
  static final long MADVISE = 28;
  static final long PTRACE = 101;
  static final long PIVOT_ROOT = 155;
  static final long GETDENTS64 = 217;
  static final long GET_ROBUST_LIST = 274;
  static final long SIGNALFD4 = 289;
  static final long EVENTFD2 = 290;
  static final long FINIT_MODULE = 313;
  static final long SECCOMP = 317;
  static final long BPF = 321;
  static final long STATX = 332;
  static final long PIDFD_SEND_SIGNAL = 424;
  static final long OPEN_TREE = 428;
  static final long MOVE_MOUNT = 429;
  static final long FSOPEN = 430;
  static final long FSCONFIG = 431;
  static final long FSMOUNT = 432;
  static final long PIDFD_OPEN = 434;
  static final long CLOSE_RANGE = 436;
  static final long OPENAT2 = 437;
  static final long FACCESSAT2 = 439;
  static final long MOUNT_SETATTR = 442;
  static final long CAPSET = 126;
  static final long SETGROUPS = 116;
  static final long SETRESUID = 117;
  static final long SETRESGID = 119;

  private SystemCalls() {}
}
