package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.runtime.container.ContainerException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a program that takes a process's output, by containerd's rules for {@code binary://}: it
 * reads standard output and errors from its descriptors 3 and 4, and closes 5 when it is ready. It
 * ends by itself when it has read both to their ends, be it after the shim.
 */
final class LogProgram {
  static final String SCHEME = "binary://";

  private static final long READY_MILLIS = 10_000;

  private LogProgram() {}

  /**
   * Whose output it is.
   *
   * @param namespace containerd's
   */
  record Owner(String namespace, String containerId) {}

  /**
   * What an address says.
   *
   * @param arguments the names and values of the query, in turns
   */
  record Address(String path, List<String> arguments) {
    /**
     * Reads an address: binary:///path?name=value&amp;…
     *
     * @throws ContainerException if it names no absolute path
     */
    static Address parse(String text) {
      String rest = text.substring(SCHEME.length());
      int question = rest.indexOf('?');
      String path = decode(question < 0 ? rest : rest.substring(0, question), false);
      if (!path.startsWith("/")) {
        throw new ContainerException(
            "the stream '" + text + "' names no program by its absolute path");
      }
      List<String> arguments = new ArrayList<>();
      int at = question < 0 ? rest.length() : question + 1;
      while (at < rest.length()) {
        int end = rest.indexOf('&', at);
        String pair = rest.substring(at, end < 0 ? rest.length() : end);
        int equals = pair.indexOf('=');
        if (!pair.isEmpty()) {
          arguments.add(decode(equals < 0 ? pair : pair.substring(0, equals), true));
          arguments.add(equals < 0 ? "" : decode(pair.substring(equals + 1), true));
        }
        at = end < 0 ? rest.length() : end + 1;
      }
      return new Address(path, List.copyOf(arguments));
    }

    /** Takes the per cent signs away, and in a query the plus signs that stand for blanks. */
    private static String decode(String text, boolean query) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      byte[] decoded = new byte[bytes.length];
      int length = 0;
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == '%'
            && i + 2 < bytes.length
            && digit(bytes[i + 1]) >= 0
            && digit(bytes[i + 2]) >= 0) {
          decoded[length++] = (byte) (digit(bytes[i + 1]) * 16 + digit(bytes[i + 2]));
          i += 2;
        } else {
          decoded[length++] = query && bytes[i] == '+' ? (byte) ' ' : bytes[i];
        }
      }
      return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }

    private static int digit(byte character) {
      return Character.digit(character, 16);
    }
  }

  /**
   * Starts the program and waits until it is ready; the loop turns meanwhile.
   *
   * @return where standard output and errors are to be written
   * @throws ContainerException if it does not get ready
   */
  static List<Fd> start(EventLoop loop, String place, Owner owner) {
    Address address = Address.parse(place);
    List<String> arguments = new ArrayList<>();
    arguments.add(address.path());
    arguments.addAll(address.arguments());
    List<String> environment = new ArrayList<>(Environment.all());
    environment.add("CONTAINER_ID=" + owner.containerId());
    environment.add("CONTAINER_NAMESPACE=" + owner.namespace());
    Pipe output = Pipe.open("output for " + address.path());
    Pipe errors = Pipe.open("errors for " + address.path());
    try (Pipe ready = Pipe.open("readiness of " + address.path())) {
      List<Fd> descriptors = new ArrayList<>();
      for (int standard = 0; standard <= 2; standard++) {
        descriptors.add(null);
      }
      descriptors.addAll(List.of(output.reader(), errors.reader(), ready.writer()));
      int pid =
          ChildProcess.startDetached(
              new ChildProcess.Command(
                  address.path(), arguments, environment, descriptors, () -> {}));
      ready.writer().close();
      Fd process = reapWhenEnded(loop, pid);
      if (!isReadable(loop, ready.reader())) {
        if (process.isOpen()) {
          Processes.kill(process, Signals.SIGKILL);
        }
        throw new ContainerException(
            "the logging program '"
                + address.path()
                + "' was not ready after "
                + READY_MILLIS / 1000
                + " s: it has to close its descriptor 5");
      }
    } catch (ContainerException e) {
      output.writer().close();
      errors.writer().close();
      throw e;
    } catch (LinuxException e) {
      output.writer().close();
      errors.writer().close();
      throw new ContainerException(
          "the logging program '" + address.path() + "' cannot be started: " + e.reason(), e);
    } finally {
      output.reader().close();
      errors.reader().close();
    }
    return List.of(output.writer(), errors.writer());
  }

  /** Answers what names the process until it is reaped, and is closed then. */
  private static Fd reapWhenEnded(EventLoop loop, int pid) {
    Fd pidfd = Processes.openPidfd(pid);
    EventLoop.Watch[] watch = new EventLoop.Watch[1];
    watch[0] =
        loop.watch(
            pidfd,
            EventLoop.READABLE,
            events -> {
              watch[0].close();
              pidfd.close();
              Processes.await(pid);
            });
    return pidfd;
  }

  private static boolean isReadable(EventLoop loop, Fd fd) {
    boolean[] readable = new boolean[1];
    try (EventLoop.Watch watch = loop.watch(fd, EventLoop.READABLE, events -> readable[0] = true)) {
      return loop.runUntil(() -> readable[0], READY_MILLIS);
    }
  }
}
