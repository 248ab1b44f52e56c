package dev.bulkhead.linux;

import java.util.Arrays;
import org.teavm.interop.Address;

/**
 * An open file descriptor with one owner, who closes it. Every descriptor that this package opens
 * is close-on-exec.
 */
public final class Fd implements AutoCloseable {
  /** What {@link #read} and {@link #write} answer when a non-blocking descriptor is not ready. */
  public static final int WOULD_BLOCK = -1;

  /** The three that every program starts with. They are never closed by their wrapper. */
  public static final Fd STDIN = new Fd(0, "standard input");

  public static final Fd STDOUT = new Fd(1, "standard output");
  public static final Fd STDERR = new Fd(2, "standard error");

  private static final int F_GETFD = 1;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int F_SETPIPE_SZ = 1031;
  private static final int FIONREAD = 0x541B;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;

  private final int number;
  private final String name;
  private boolean open = true;

  /**
   * Takes ownership of a descriptor.
   *
   * @param name for error messages: the path or the role
   */
  public Fd(int number, String name) {
    this.number = number;
    this.name = name;
  }

  /** The descriptor's number, for the kernel; it stays owned by this object. */
  public int number() {
    if (!open) {
      throw new IllegalStateException(name + " is closed");
    }
    return number;
  }

  public String name() {
    return name;
  }

  public boolean isOpen() {
    return open;
  }

  /** A path that opens this descriptor's file anew. */
  public String procPath() {
    return "/proc/self/fd/" + number();
  }

  /**
   * Reads up to {@code length} bytes.
   *
   * @return how many; 0 at the end of the file; {@link #WOULD_BLOCK} if none are there yet
   */
  public int read(byte[] buffer, int offset, int length) {
    checkRange(buffer, offset, length);
    while (true) {
      int count = (int) Libc.read(number(), Address.ofData(buffer).add(offset), length);
      if (count >= 0) {
        return count;
      }
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN) {
        return WOULD_BLOCK;
      }
      if (errno != Errno.EINTR) {
        throw new LinuxException("read", name, errno);
      }
    }
  }

  /**
   * Writes up to {@code length} bytes.
   *
   * @return how many; {@link #WOULD_BLOCK} if none can be taken now
   */
  public int write(byte[] buffer, int offset, int length) {
    checkRange(buffer, offset, length);
    while (true) {
      int count = (int) Libc.write(number(), Address.ofData(buffer).add(offset), length);
      if (count >= 0) {
        return count;
      }
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN) {
        return WOULD_BLOCK;
      }
      if (errno != Errno.EINTR) {
        throw new LinuxException("write", name, errno);
      }
    }
  }

  /** As {@link #write}, on a socket, without blocking whatever its mode is. */
  public int sendWithoutBlocking(byte[] buffer, int offset, int length) {
    checkRange(buffer, offset, length);
    long count =
        Libc.send(
            number(), Address.ofData(buffer).add(offset), length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      return (int) count;
    }
    int errno = Libc.errno();
    if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
      return WOULD_BLOCK;
    }
    throw new LinuxException("send", name, errno);
  }

  /** Writes all of it to a descriptor that blocks. */
  public void writeAll(byte[] bytes) {
    int offset = 0;
    while (offset < bytes.length) {
      int count = write(bytes, offset, bytes.length - offset);
      if (count == WOULD_BLOCK) {
        throw new LinuxException("write", name, Errno.EAGAIN);
      }
      offset += count;
    }
  }

  /**
   * Reads to the end of a descriptor that blocks.
   *
   * @param limit bytes after which a larger content is refused with an {@link
   *     IllegalArgumentException}
   */
  public byte[] readAll(int limit) {
    byte[] buffer = new byte[Math.min(limit + 1, 4096)];
    int size = 0;
    while (true) {
      int count = read(buffer, size, buffer.length - size);
      if (count <= 0) {
        return Arrays.copyOf(buffer, size);
      }
      size += count;
      if (size > limit) {
        throw new IllegalArgumentException(name + " is larger than " + limit + " bytes");
      }
      if (size == buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.min(limit + 1, size * 2));
      }
    }
  }

  /** How many bytes a pipe, a socket or a terminal has ready to be read; 0 at its end too. */
  public int available() {
    int[] count = new int[1];
    LinuxException.check(Libc.ioctl(number(), FIONREAD, Address.ofData(count)), "ioctl", name);
    return count[0];
  }

  /** Switches O_NONBLOCK for the open file description, which may be shared with others. */
  public Fd setNonBlocking(boolean nonBlocking) {
    int flags = LinuxException.check(Libc.fcntl(number(), F_GETFL, 0), "fcntl", name);
    int wanted = nonBlocking ? flags | Open.O_NONBLOCK : flags & ~Open.O_NONBLOCK;
    if (wanted != flags) {
      LinuxException.check(Libc.fcntl(number(), F_SETFL, wanted), "fcntl", name);
    }
    return this;
  }

  /** Switches whether a program started by exec inherits it. */
  public Fd setCloseOnExec(boolean closeOnExec) {
    int flags = LinuxException.check(Libc.fcntl(number(), F_GETFD, 0), "fcntl", name);
    LinuxException.check(
        Libc.fcntl(number(), F_SETFD, closeOnExec ? flags | 1 : flags & ~1), "fcntl", name);
    return this;
  }

  /**
   * Asks for a pipe's capacity; the kernel may give another, and a refusal is of no consequence.
   */
  public Fd requestPipeCapacity(int bytes) {
    Libc.fcntl(number(), F_SETPIPE_SZ, bytes);
    return this;
  }

  /** Another descriptor of the same open file, close-on-exec, numbered {@code lowest} or more. */
  public Fd duplicate(int lowest) {
    return new Fd(
        LinuxException.check(Libc.fcntl(number(), F_DUPFD_CLOEXEC, lowest), "fcntl", name), name);
  }

  /** Makes {@code target} a descriptor of this open file, which programs started inherit. */
  public void duplicateTo(int target) {
    if (target == number()) {
      setCloseOnExec(false);
    } else {
      LinuxException.check(Libc.dup2(number(), target), "dup2", name);
    }
  }

  /** Moves the file's position; from the start. */
  public void seek(long position) {
    LinuxException.check(Libc.lseek(number(), position, 0), "lseek", name);
  }

  /** Gives the open file to a user, and to a group unless {@code gid} is -1. */
  public void changeOwner(int uid, int gid) {
    LinuxException.check(Libc.fchown(number(), uid, gid), "fchown", name);
  }

  public void truncate(long length) {
    LinuxException.check(Libc.ftruncate(number(), length), "ftruncate", name);
  }

  public void sync() {
    LinuxException.check(Libc.fsync(number()), "fsync", name);
  }

  /**
   * Takes the advisory lock of the whole file, released when the last copy of the descriptor is
   * closed.
   *
   * @param wait whether to wait for a holder
   * @return false if another holds it and {@code wait} is false
   */
  public boolean lock(boolean wait) {
    while (Libc.flock(number(), wait ? 2 : 2 | 4) != 0) {
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN) {
        return false;
      }
      if (errno != Errno.EINTR) {
        throw new LinuxException("flock", name, errno);
      }
    }
    return true;
  }

  /** Closes it; a second call does nothing. */
  @Override
  public void close() {
    if (open && number > 2) {
      open = false;
      // Linux releases the descriptor whatever close answers; a write error was told by write.
      Libc.close(number);
    }
  }

  private static void checkRange(byte[] buffer, int offset, int length) {
    if (offset < 0 || length < 0 || offset > buffer.length - length) {
      throw new IndexOutOfBoundsException("array of " + buffer.length + " bytes: " + offset);
    }
  }

  @Override
  public String toString() {
    return name + " (descriptor " + number + ")";
  }
}
