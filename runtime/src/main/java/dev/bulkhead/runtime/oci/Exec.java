package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.monitor.MonitorClient;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import dev.bulkhead.runtime.setup.SharedFiles;
import dev.bulkhead.runtime.stand.StandProcess;
import dev.bulkhead.runtime.stand.StandStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code exec}: a further process in a container that runs. */
public final class Exec {
  private static final int FILE_LIMIT = 8 << 20;

  private final OciRuntime runtime;

  /**
   * What is asked for.
   *
   * @param detach whether to leave a container process behind and not wait
   */
  public record Options(
      String id,
      Process process,
      boolean detach,
      Optional<String> pidFile,
      Optional<String> consoleSocket) {}

  public Exec(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** Reads a process from a file, as {@code --process} names one. */
  public static Process readProcess(String file) {
    try {
      String text =
          new String(Files.read(file, FILE_LIMIT), java.nio.charset.StandardCharsets.UTF_8);
      return Process.fromJson(JsonParser.object().from(text), "");
    } catch (LinuxException e) {
      throw new ContainerException("the process file '" + file + "' cannot be read: " + e.reason());
    } catch (JsonParserException | InvalidJsonException e) {
      throw new ContainerException(
          "the process file '" + file + "' is wrong: " + e.getMessage(), e);
    }
  }

  /**
   * Runs the process.
   *
   * @return its exit code; 0 at once if it is detached
   */
  public int run(Options options) {
    ContainerState state = runtime.root().state(options.id());
    ContainerStatus status = state.status();
    if (status != ContainerStatus.RUNNING) {
      throw new ContainerException(
          "cannot exec in container '" + options.id() + "', which is " + status.word());
    }
    boolean terminal = options.process().terminal();
    if (options.consoleSocket().isPresent()) {
      if (!terminal) {
        throw new ContainerException(
            "a --console-socket was given, but the process asks for no terminal");
      }
      try (Console console = Console.open(options.process().consoleSize())) {
        console.send(options.consoleSocket().get());
        return options.detach()
            ? detached(options, state, List.of(console.slave()), true)
            : attached(options, List.of(console.slave()));
      }
    }
    List<Fd> stdio = List.of(Fd.STDIN, Fd.STDOUT, Fd.STDERR);
    if (options.detach()) {
      if (terminal) {
        throw new ContainerException(
            "a detached process with a terminal needs a --console-socket to hand it over");
      }
      return detached(options, state, stdio, false);
    }
    if (terminal && Terminal.isTerminal(Fd.STDIN)) {
      try (Terminal.RawMode raw = Terminal.makeRaw(Fd.STDIN)) {
        return attached(options, stdio);
      }
    }
    return attached(options, stdio);
  }

  /** This process stands for the new one itself. */
  private int attached(Options options, List<Fd> stdio) {
    List<Fd> link = UnixSocket.pair("the container process");
    try (Fd ours = link.getFirst()) {
      try (Fd theirs = link.getLast()) {
        ask(options, Processes.pid(), theirs, stdio);
      }
      writePid(options, Processes.pid());
      return StandProcess.run(ours);
    }
  }

  private int detached(
      Options options, ContainerState state, List<Fd> stdio, boolean controllingTerminal) {
    List<Fd> standStdio =
        controllingTerminal ? List.of(stdio.getFirst(), stdio.getFirst(), stdio.getFirst()) : stdio;
    List<Fd> link = UnixSocket.pair("the container process");
    try (Fd ours = link.getFirst();
        Fd theirs = link.getLast()) {
      int pid =
          new StandStart(
                  SharedFiles.containerProcess(),
                  new StandStart.Network.Joined("/proc/" + state.process().pid() + "/ns/net"),
                  HostCgroup.at(state.cgroup()),
                  standStdio,
                  controllingTerminal,
                  options.process().args())
              .start(theirs);
      try {
        ask(options, pid, ours, stdio);
        writePid(options, pid);
      } catch (RuntimeException e) {
        Processes.kill(pid, Signals.SIGKILL);
        Processes.await(pid);
        throw e;
      }
      return 0;
    }
  }

  private void ask(Options options, int pid, Fd link, List<Fd> stdio) {
    List<Fd> descriptors = new ArrayList<>(List.of(link));
    descriptors.addAll(stdio);
    try (EventLoop loop = new EventLoop();
        MonitorClient client =
            MonitorClient.connect(loop, runtime.root().directory(options.id()))
                .orElseThrow(
                    () ->
                        new ContainerException(
                            "container not running: '" + options.id() + "' has ended"))) {
      client.call(
          new MonitorRequest.Exec(pid, options.process()), descriptors, OciRuntime.REQUEST_MILLIS);
    }
  }

  private static void writePid(Options options, int pid) {
    options.pidFile().ifPresent(file -> Files.replace(file, Integer.toString(pid), 0644));
  }
}
