package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonWriter;
import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.Hook;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.State;
import dev.bulkhead.oci.User;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Runs the startContainer hooks of the OCI specification: inside the container, which is created
 * and whose program waits, as root with the container's capabilities.
 */
public final class GuestHooks {
  private static final int OUTPUT_LIMIT = 4096;
  private static final int LAST_LINES = 3;
  private static final long MILLIS = 1000;

  /** For a hook without a timeout of its own. */
  private static final long LONGEST_MILLIS = 600_000;

  private final EventLoop loop;
  private final Sandbox sandbox;
  private final String containerId;

  /** Runs hooks in a container of a sandbox. */
  public GuestHooks(EventLoop loop, Sandbox sandbox, String containerId) {
    this.loop = loop;
    this.sandbox = sandbox;
    this.containerId = containerId;
  }

  /**
   * Runs them one after another; the loop turns meanwhile.
   *
   * @param program the container's first process
   * @return what failed, in one sentence; those after it are not run
   */
  public Optional<String> run(List<Hook> hooks, State state, Process program) {
    byte[] input = JsonWriter.string(state.toJson()).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < hooks.size(); i++) {
      Hook hook = hooks.get(i);
      Optional<String> failure = run("start-hook-" + i, hook, input, program);
      if (failure.isPresent()) {
        return Optional.of("the startContainer hook '" + hook.path() + "' " + failure.get());
      }
    }
    return Optional.empty();
  }

  /** The hook as a process of the container. */
  static Process process(Hook hook, Process program) {
    List<String> args = new ArrayList<>(hook.args().isEmpty() ? List.of("") : hook.args());
    // The agent runs what the first argument names.
    args.set(0, hook.path());
    return program
        .withTerminal(false)
        .withUser(User.DEFAULT)
        .withArgs(args)
        .withEnv(hook.env())
        .withCwd("/");
  }

  private Optional<String> run(String name, Hook hook, byte[] input, Process program) {
    try (Pipe stdin = Pipe.open("input of a hook");
        Pipe output = Pipe.open("output of a hook");
        Fd errors = output.writer().duplicate(0);
        OutputDrain drain = new OutputDrain(loop, output.reader(), OUTPUT_LIMIT)) {
      stdin.writer().requestPipeCapacity(input.length);
      stdin.writer().setNonBlocking(true).writeAll(input);
      stdin.writer().close();
      sandbox.exec(containerId, name, process(hook, program));
      Running running = new Running();
      try (ProcessStreams streams =
          ProcessStreams.attach(
              loop,
              sandbox.agent(),
              containerId,
              name,
              new ProcessStreams.HostStreams(
                  Optional.of(stdin.reader()),
                  Optional.of(output.writer()),
                  Optional.of(errors)))) {
        streams.feedInput();
        sandbox.awaitExit(containerId, name, running.listener(streams));
        if (!loop.runUntil(running::ended, timeoutMillis(hook))) {
          sandbox.signal(containerId, name, Signals.SIGKILL);
          return Optional.of("was not done within " + timeoutMillis(hook) / MILLIS + " s");
        }
      }
      drain.finish();
      return running.failure(drain);
    } catch (AgentException e) {
      return Optional.of("could not be run in the container: " + e.getMessage());
    }
  }

  private static long timeoutMillis(Hook hook) {
    return hook.hasTimeout() && hook.timeout() > 0 && hook.timeout() < LONGEST_MILLIS / MILLIS
        ? hook.timeout() * MILLIS
        : LONGEST_MILLIS;
  }

  /** A hook on its way to its end. */
  private static final class Running {
    private OptionalInt code = OptionalInt.empty();
    private Optional<String> lost = Optional.empty();

    boolean ended() {
      return code.isPresent() || lost.isPresent();
    }

    Sandbox.ExitListener listener(ProcessStreams streams) {
      return new Sandbox.ExitListener() {
        @Override
        public void exited(int exitCode) {
          streams.onDrained(() -> code = OptionalInt.of(exitCode));
        }

        @Override
        public void lost(AgentException failure) {
          lost = Optional.of("was lost: " + failure.getMessage());
        }
      };
    }

    Optional<String> failure(OutputDrain drain) {
      if (lost.isPresent() || code.orElse(0) == 0) {
        return lost;
      }
      String said = drain.tail().lastLines(LAST_LINES).replace('\n', ' ');
      return Optional.of(
          "failed with exit code " + code.getAsInt() + (said.isEmpty() ? "" : ": " + said));
    }
  }
}
