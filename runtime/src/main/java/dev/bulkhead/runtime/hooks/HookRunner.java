package dev.bulkhead.runtime.hooks;

import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.Hook;
import dev.bulkhead.oci.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs hooks one after another: in the bundle's directory, with the container's state as JSON on
 * standard input, killed when their time is over.
 */
public final class HookRunner {
  private static final int OUTPUT_LIMIT = 16 << 10;
  private static final long NO_TIMEOUT_MILLIS = Long.MAX_VALUE / 2_000_000;

  private final EventLoop loop;

  public HookRunner(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * Runs them.
   *
   * @param kind their name in the configuration, as "prestart", for messages
   * @param networkOf the process whose network namespace they run in; empty for this one's
   * @throws HookException when one fails; those after it are not run
   */
  public void run(String kind, List<Hook> hooks, State state, Optional<Integer> networkOf)
      throws HookException {
    byte[] input = JsonWriter.string(state.toJson()).getBytes(StandardCharsets.UTF_8);
    for (Hook hook : hooks) {
      run(kind, hook, state.bundle(), input, networkOf);
    }
  }

  private void run(String kind, Hook hook, String bundle, byte[] input, Optional<Integer> networkOf)
      throws HookException {
    try (Pipe stdin = Pipe.open("input of a hook");
        Pipe output = Pipe.open("output of a hook")) {
      stdin.writer().requestPipeCapacity(input.length);
      stdin.writer().setNonBlocking(true).writeAll(input);
      stdin.writer().close();
      ChildProcess.Command command =
          new ChildProcess.Command(
              hook.path(),
              hook.args().isEmpty() ? List.of(hook.path()) : hook.args(),
              hook.env().isEmpty() ? Environment.all() : hook.env(),
              descriptors(stdin.reader(), output.writer()),
              () -> prepare(bundle, networkOf));
      try (ChildProcess child = ChildProcess.start(command)) {
        output.writer().close();
        await(kind, hook, child, output.reader());
      }
    } catch (LinuxException e) {
      throw new HookException(
          "the " + kind + " hook '" + hook.path() + "' could not be run: " + e.getMessage(), e);
    }
  }

  private static List<Fd> descriptors(Fd input, Fd output) {
    List<Fd> descriptors = new ArrayList<>();
    descriptors.add(input);
    descriptors.add(output);
    descriptors.add(output);
    return descriptors;
  }

  private static void prepare(String bundle, Optional<Integer> networkOf) {
    if (networkOf.isPresent()) {
      try (Fd namespace = Namespaces.open(networkOf.get(), "net")) {
        Namespaces.enter(namespace, Namespaces.NETWORK);
      }
    }
    Files.changeDirectory(bundle);
  }

  private void await(String kind, Hook hook, ChildProcess child, Fd output) throws HookException {
    StringBuilder said = new StringBuilder();
    byte[] buffer = new byte[4096];
    output.setNonBlocking(true);
    boolean[] ended = new boolean[1];
    boolean inTime;
    EventLoop.Watch[] words = new EventLoop.Watch[1];
    words[0] =
        loop.watch(
            output,
            EventLoop.READABLE,
            events -> {
              if (!read(output, buffer, said)) {
                words[0].close();
              }
            });
    try (EventLoop.Watch end =
        loop.watch(child.pidfd(), EventLoop.READABLE, events -> ended[0] = true)) {
      inTime = loop.runUntil(() -> ended[0], timeoutMillis(hook));
    } finally {
      words[0].close();
    }
    if (!inTime) {
      child.kill(Signals.SIGKILL);
      throw new HookException(
          "the "
              + kind
              + " hook '"
              + hook.path()
              + "' was not done within its timeout of "
              + hook.timeout()
              + " s",
          null);
    }
    read(output, buffer, said);
    Processes.Exit exit = child.await();
    if (exit.waitStatus() != 0) {
      String how =
          exit.signalled()
              ? "was ended by " + Signals.name(exit.signal())
              : "failed with exit code " + exit.code();
      String message = said.toString().trim();
      throw new HookException(
          "the "
              + kind
              + " hook '"
              + hook.path()
              + "' "
              + how
              + (message.isEmpty() ? "" : ": " + message),
          null);
    }
  }

  /** Reads what is there, and answers whether there can be more one day. */
  private static boolean read(Fd output, byte[] buffer, StringBuilder said) {
    int count = output.read(buffer, 0, buffer.length);
    if (count > 0 && said.length() < OUTPUT_LIMIT) {
      said.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }
    return count != 0;
  }

  private static long timeoutMillis(Hook hook) {
    return hook.hasTimeout() && hook.timeout() > 0 && hook.timeout() < NO_TIMEOUT_MILLIS / 1000
        ? hook.timeout() * 1000
        : NO_TIMEOUT_MILLIS;
  }
}
