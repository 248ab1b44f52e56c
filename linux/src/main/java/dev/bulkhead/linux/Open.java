package dev.bulkhead.linux;

/** Flags of open(2). All that this package opens is close-on-exec without being asked. */
public final class Open {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NOCTTY = 0x100;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  // The next two differ on other architectures; x86-64 is what Bulkhead is built for.
  public static final int O_DIRECTORY = 0x10000;
  public static final int O_NOFOLLOW = 0x20000;
  public static final int O_PATH = 0x200000;

  static final int O_CLOEXEC = 0x80000;

  private Open() {}
}
