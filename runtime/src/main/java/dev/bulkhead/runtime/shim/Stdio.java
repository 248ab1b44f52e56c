package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.sandbox.ProcessStreams;
import java.util.List;
import java.util.Optional;

/** The host's side of a process's streams: what containerd made for them, opened. */
final class Stdio implements AutoCloseable {
  private static final String FIFO = "fifo://";
  private static final String FILE = "file://";

  private final Optional<Fd> input;
  private final Fd output;
  private final Optional<Fd> errors;

  /**
   * Where the streams go: each the path of a fifo, an address with a scheme, or "" for nowhere.
   *
   * @param terminal whether the process has a terminal, which has no stream for errors
   */
  record Places(String stdin, String stdout, String stderr, boolean terminal) {}

  private Stdio(Optional<Fd> input, Fd output, Optional<Fd> errors) {
    this.input = input;
    this.output = output;
    this.errors = errors;
  }

  /**
   * Opens the streams, never waiting for the other side, unless that is a program to start: the
   * loop turns until it is ready.
   *
   * @throws ContainerException if one cannot be
   */
  static Stdio open(EventLoop loop, Places places, LogProgram.Owner owner) {
    Optional<Fd> input = openInput(places.stdin());
    if (places.stdout().startsWith(LogProgram.SCHEME)) {
      return logged(loop, places, owner, input);
    }
    Optional<Fd> output = Optional.empty();
    try {
      output = Optional.of(openOutput(places.stdout()));
      Optional<Fd> errors =
          places.terminal() ? Optional.empty() : Optional.of(openOutput(places.stderr()));
      return new Stdio(input, output.get(), errors);
    } catch (ContainerException e) {
      input.ifPresent(Fd::close);
      output.ifPresent(Fd::close);
      throw e;
    }
  }

  private static Stdio logged(
      EventLoop loop, Places places, LogProgram.Owner owner, Optional<Fd> input) {
    try {
      List<Fd> ends = LogProgram.start(loop, places.stdout(), owner);
      ends.forEach(end -> end.setNonBlocking(true));
      if (places.terminal()) {
        ends.getLast().close();
        return new Stdio(input, ends.getFirst(), Optional.empty());
      }
      return new Stdio(input, ends.getFirst(), Optional.of(ends.getLast()));
    } catch (ContainerException e) {
      input.ifPresent(Fd::close);
      throw e;
    }
  }

  private static Optional<Fd> openInput(String place) {
    return place.isEmpty()
        ? Optional.empty()
        : Optional.of(open(path(place), Open.O_RDONLY | Open.O_NONBLOCK));
  }

  private static Fd openOutput(String place) {
    if (place.isEmpty()) {
      return open("/dev/null", Open.O_WRONLY);
    }
    if (place.startsWith(FILE)) {
      String path = place.substring(FILE.length());
      Files.makeDirectories(path.substring(0, Math.max(1, path.lastIndexOf('/'))), 0755);
      return open(path, Open.O_WRONLY | Open.O_APPEND | Open.O_CREAT);
    }
    // Open for reading too, so that it opens without a reader, and one may go and another come.
    return open(path(place), Open.O_RDWR | Open.O_NONBLOCK);
  }

  private static String path(String place) {
    if (place.startsWith(FIFO)) {
      return place.substring(FIFO.length());
    }
    if (place.startsWith("/")) {
      return place;
    }
    throw new ContainerException(
        "the stream '"
            + place
            + "' cannot be used: known are paths of fifos, fifo://,"
            + " file:// and, for output, binary://");
  }

  private static Fd open(String path, int flags) {
    try {
      return Files.open(path, flags, 0644);
    } catch (LinuxException e) {
      throw new ContainerException("the stream '" + path + "' cannot be opened: " + e.reason(), e);
    }
  }

  ProcessStreams.HostStreams streams() {
    return new ProcessStreams.HostStreams(input, Optional.of(output), errors);
  }

  @Override
  public void close() {
    input.ifPresent(Fd::close);
    output.close();
    errors.ifPresent(Fd::close);
  }
}
