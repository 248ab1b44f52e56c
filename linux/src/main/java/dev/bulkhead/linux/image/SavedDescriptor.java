package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.KernelEvents;
import dev.bulkhead.linux.Open;

/** What a descriptor of a process is made of anew. */
sealed interface SavedDescriptor {
  int number();

  /** Whoever makes the process gives it, with its mode of blocking. */
  record Given(int number, boolean nonBlocking) implements SavedDescriptor {}

  /** A directory or device in the process's own file system. */
  record Opened(int number, String path, int flags) implements SavedDescriptor {}

  record Counter(int number, long count, boolean nonBlocking, boolean semaphore)
      implements SavedDescriptor {}

  record SignalQueue(int number, long signals, boolean nonBlocking) implements SavedDescriptor {}

  /** One that has been told of nothing to wait for. */
  record Poll(int number) implements SavedDescriptor {}

  /** Makes it, in the process that it is for. */
  default void make() {
    Fd made =
        switch (this) {
          case Given given -> null;
          case Opened opened -> Files.open(opened.path(), opened.flags());
          case Counter counter ->
              KernelEvents.counter(counter.count(), counter.nonBlocking(), counter.semaphore());
          case SignalQueue queue -> KernelEvents.signals(queue.signals(), queue.nonBlocking());
          case Poll poll -> KernelEvents.poll();
        };
    if (made != null) {
      made.duplicateTo(number());
      if (made.number() != number()) {
        made.close();
      }
    }
  }

  /**
   * Understands a descriptor by what /proc tells of it.
   *
   * @param target what its link in /proc/PID/fd names
   * @param info its text in /proc/PID/fdinfo
   * @param isDirectory whether it is one
   * @throws ProcessImageException if it cannot be made anew
   */
  static SavedDescriptor of(int number, String target, String info, boolean isDirectory) {
    int flags = (int) Long.parseLong(field(info, "flags"), 8);
    boolean nonBlocking = (flags & Open.O_NONBLOCK) != 0;
    switch (target) {
      case "anon_inode:[eventfd]" -> {
        return new Counter(
            number,
            Long.parseLong(field(info, "eventfd-count"), 16),
            nonBlocking,
            info.contains("eventfd-semaphore: 1"));
      }
      case "anon_inode:[signalfd]" -> {
        return new SignalQueue(number, Long.parseLong(field(info, "sigmask"), 16), nonBlocking);
      }
      case "anon_inode:[eventpoll]" -> {
        if (!info.contains("tfd:")) {
          return new Poll(number);
        }
      }
      case "/dev/null", "/dev/urandom" -> {
        return new Opened(number, target, flags);
      }
      default -> {
        if (isDirectory) {
          return new Opened(number, target, flags);
        }
      }
    }
    throw new ProcessImageException("its descriptor " + number + " is of " + target);
  }

  /** Whether a descriptor of that text is in the mode that does not block. */
  static boolean nonBlocking(String info) {
    return (Long.parseLong(field(info, "flags"), 8) & Open.O_NONBLOCK) != 0;
  }

  private static String field(String info, String name) {
    int at = info.indexOf(name + ":");
    if (at < 0) {
      throw new ProcessImageException("the kernel does not tell of " + name);
    }
    int end = info.indexOf('\n', at);
    return info.substring(at + name.length() + 1, end < 0 ? info.length() : end).trim();
  }
}
