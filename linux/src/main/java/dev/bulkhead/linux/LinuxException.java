package dev.bulkhead.linux;

/**
 * A system call that failed: its name, what it was called on (a path, an id) and errno.
 *
 * <p>The message is fit for a user, as "open /etc/x: No such file or directory".
 */
public final class LinuxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final String subject;
  private final int errno;

  /**
   * Names a failed call.
   *
   * @param call the system call's name, as in its manual page
   * @param subject what it was called on: a path, an id, or ""
   * @param errno a positive error number of {@link Errno}
   */
  public LinuxException(String call, String subject, int errno) {
    super(call + (subject.isEmpty() ? "" : " " + subject) + ": " + Errno.describe(errno));
    this.call = call;
    this.subject = subject;
    this.errno = errno;
  }

  /** The failed call just made, with its errno. */
  static LinuxException last(String call, String subject) {
    return new LinuxException(call, subject, Libc.errno());
  }

  /** Throws if {@code result} is negative, else answers it. */
  static int check(int result, String call, String subject) {
    if (result < 0) {
      throw last(call, subject);
    }
    return result;
  }

  /** Throws if {@code result} is negative, else answers it. */
  static long check(long result, String call, String subject) {
    if (result < 0) {
      throw last(call, subject);
    }
    return result;
  }

  public String call() {
    return call;
  }

  public String subject() {
    return subject;
  }

  /** The error number, one of {@link Errno}'s or another of the kernel's. */
  public int errno() {
    return errno;
  }

  /** Whether the other side of a socket or pipe has ended, or was killed before it read all. */
  public boolean isOfPeersEnd() {
    return errno == Errno.EPIPE || errno == Errno.ECONNRESET;
  }

  /** Whether a path leads to nothing. */
  public boolean isOfMissingFile() {
    return errno == Errno.ENOENT || errno == Errno.ENOTDIR;
  }

  /** The kernel's words for the error alone, as "No such file or directory". */
  public String reason() {
    return Errno.describe(errno);
  }
}
