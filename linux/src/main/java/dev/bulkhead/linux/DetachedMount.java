package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.teavm.interop.Address;

/**
 * A mount, or a tree of mounts, that is nowhere yet: made or copied, given its attributes, then
 * attached where it is wanted. Places are open descriptors, not paths, so nobody can put another
 * directory there in between; see fsopen(2), open_tree(2), mount_setattr(2), move_mount(2).
 *
 * <p>The owner closes it. What was attached by then stays mounted, the rest is gone.
 */
public final class DetachedMount implements AutoCloseable {
  public static final long READ_ONLY = 0x1;
  public static final long NO_SUID = 0x2;
  public static final long NO_DEVICES = 0x4;
  public static final long NO_EXEC = 0x8;

  /** All bits of the access time policy; clear them when setting one, 0 of them is relatime. */
  public static final long ACCESS_TIME = 0x70;

  public static final long NO_ACCESS_TIME = 0x10;
  public static final long STRICT_ACCESS_TIME = 0x20;
  public static final long NO_DIRECTORY_ACCESS_TIME = 0x80;
  public static final long NO_FOLLOW = 0x200000;

  private static final int FSOPEN_CLOEXEC = 1;
  private static final int FSCONFIG_SET_FLAG = 0;
  private static final int FSCONFIG_SET_STRING = 1;
  private static final int FSCONFIG_CMD_CREATE = 6;
  private static final int FSMOUNT_CLOEXEC = 1;
  private static final int OPEN_TREE_CLONE = 1;
  private static final int AT_RECURSIVE = 0x8000;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x4;
  private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  private static final int MESSAGE_LIMIT = 512;

  private final Fd top;

  private DetachedMount(Fd top) {
    this.top = top;
  }

  /**
   * Makes a file system.
   *
   * @param type the kernel's name for it, as "tmpfs"
   * @param source what to mount, or just a name for it
   * @param options the file system's own, each a word or "key=value"
   * @param attributes of the mount, see this class's constants
   */
  public static DetachedMount create(
      String type, String source, List<String> options, long attributes) {
    long number;
    try (NativeMemory name = NativeMemory.stringArray(List.of(type))) {
      Address flags = Address.fromLong(FSOPEN_CLOEXEC);
      number = Libc.syscall(SystemCalls.FSOPEN, pointer(name, 0), flags, 0L, 0, 0);
    }
    try (Fd context = new Fd((int) LinuxException.check(number, "mount", type), type)) {
      configure(context, FSCONFIG_SET_STRING, "source", source);
      for (String option : options) {
        int equals = option.indexOf('=');
        if (equals < 0) {
          configure(context, FSCONFIG_SET_FLAG, option, "");
        } else {
          String value = option.substring(equals + 1);
          configure(context, FSCONFIG_SET_STRING, option.substring(0, equals), value);
        }
      }
      configure(context, FSCONFIG_CMD_CREATE, "", "");
      long mount =
          Libc.syscall(SystemCalls.FSMOUNT, context.number(), FSMOUNT_CLOEXEC, attributes, 0, 0);
      return new DetachedMount(new Fd((int) LinuxException.check(mount, "mount", type), type));
    }
  }

  private static void configure(Fd context, int command, String key, String value) {
    try (NativeMemory strings = NativeMemory.stringArray(List.of(key, value))) {
      boolean hasKey = command != FSCONFIG_CMD_CREATE;
      boolean hasValue = command == FSCONFIG_SET_STRING;
      long result =
          Libc.syscall(
              SystemCalls.FSCONFIG,
              context.number(),
              Address.fromLong(command),
              hasKey ? pointer(strings, 0) : Address.fromInt(0),
              hasValue ? pointer(strings, 1).toLong() : 0,
              0);
      if (result < 0) {
        int errno = Libc.errno();
        String subject = hasKey ? context.name() + " option '" + key + "'" : context.name();
        throw new LinuxException("mount", subject + kernelWords(context), errno);
      }
    }
  }

  private static Address pointer(NativeMemory stringArray, int index) {
    return Address.fromLong(stringArray.getLong(index * 8));
  }

  /** What the file system says about its refusal, in parentheses; often nothing. */
  private static String kernelWords(Fd context) {
    byte[] message = new byte[MESSAGE_LIMIT];
    long length = Libc.read(context.number(), Address.ofData(message), message.length);
    // An error is "e", a blank and the text.
    return length > 2
        ? " (" + new String(message, 2, (int) length - 2, StandardCharsets.UTF_8).trim() + ")"
        : "";
  }

  /** Copies the mount that a file or directory is on, from there on downwards. */
  public static DetachedMount copyOf(String path, boolean recursive) {
    try (Fd file = Files.open(path, Open.O_PATH)) {
      return copyOf(file, recursive);
    }
  }

  /** As {@link #copyOf(String, boolean)}, of an open file or directory. */
  public static DetachedMount copyOf(Fd file, boolean recursive) {
    int flags =
        OPEN_TREE_CLONE | Open.O_CLOEXEC | Files.AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    try (NativeMemory empty = new NativeMemory(1)) {
      long number =
          Libc.syscall(
              SystemCalls.OPEN_TREE, file.number(), empty.address(), Address.fromLong(flags), 0, 0);
      int copy = (int) LinuxException.check(number, "open_tree", file.name());
      return new DetachedMount(new Fd(copy, file.name()));
    }
  }

  /** One whose descriptor, of {@link #top}, was received from another process. */
  public static DetachedMount received(Fd top) {
    return new DetachedMount(top);
  }

  /** The uppermost directory or the file; it is this mount's even after something covers it. */
  public Fd top() {
    return top;
  }

  /** Changes attributes of the mount, and of those below it if asked. */
  public void setAttributes(boolean recursive, long set, long clear) {
    Mounts.setAttributes(top, recursive, set, clear, 0);
  }

  /** Sets one of {@link Mounts#MS_SHARED} and its like, with MS_REC for those below too. */
  public void setPropagation(long propagation) {
    boolean recursive = (propagation & Mounts.MS_REC) != 0;
    Mounts.setAttributes(top, recursive, 0, 0, propagation & ~Mounts.MS_REC);
  }

  /** Mounts it on a directory, or a file on a file. */
  public void attach(String target) {
    try (Fd place = Files.open(target, Open.O_PATH)) {
      attach(place);
    }
  }

  /** As {@link #attach(String)}, on what is open. */
  public void attach(Fd target) {
    try (NativeMemory empty = new NativeMemory(1)) {
      long result =
          Libc.syscall(
              SystemCalls.MOVE_MOUNT,
              top.number(),
              empty.address(),
              Address.fromLong(target.number()),
              empty.address().toLong(),
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
      LinuxException.check(result, "move_mount", target.name());
    }
  }

  @Override
  public void close() {
    top.close();
  }
}
