package dev.bulkhead.runtime.monitor;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.sandbox.ProcessStreams;
import java.util.List;
import java.util.Optional;

/**
 * The host's side of a process's streams, which the monitor owns: standard input, output and error;
 * of a terminal one descriptor is enough.
 *
 * @param terminal whether the guest's process has a terminal
 */
record HostStdio(List<Fd> descriptors, boolean terminal) implements AutoCloseable {
  private static final int LOWEST = 10;

  HostStdio {
    descriptors = List.copyOf(descriptors);
  }

  /** Copies of descriptors, out of the way of this process's own standard streams. */
  static HostStdio copyOf(List<Fd> descriptors, boolean terminal) {
    return new HostStdio(descriptors.stream().map(fd -> fd.duplicate(LOWEST)).toList(), terminal);
  }

  /** The terminal on the host whose size the guest's has to have. */
  Optional<Fd> sizedTerminal() {
    Fd first = descriptors.getFirst();
    return terminal && Terminal.isTerminal(first) ? Optional.of(first) : Optional.empty();
  }

  ProcessStreams.HostStreams streams() {
    Fd input = descriptors.getFirst();
    Fd output = descriptors.size() > 1 ? descriptors.get(1) : input;
    return new ProcessStreams.HostStreams(
        Optional.of(input).filter(fd -> !isNothing(Files.status(fd))),
        Optional.of(output),
        terminal ? Optional.empty() : Optional.of(descriptors.get(2)));
  }

  /** Whether it is /dev/null, of which the end is known without a look. */
  static boolean isNothing(FileStatus status) {
    return status.type() == FileStatus.CHARACTER_DEVICE
        && status.rdevMajor() == 1
        && status.rdevMinor() == 3;
  }

  @Override
  public void close() {
    descriptors.forEach(Fd::close);
  }
}
