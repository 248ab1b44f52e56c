package dev.bulkhead.runtime;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.runtime.cli.Program;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.command.Commands;
import dev.bulkhead.runtime.command.GlobalOptions;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.config.ConfigurationPlaces;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.image.ImageException;
import dev.bulkhead.runtime.install.SettingsException;
import dev.bulkhead.runtime.run.RunExecution;
import dev.bulkhead.runtime.setup.SharedFiles;
import dev.bulkhead.runtime.shim.Shim;
import dev.bulkhead.runtime.shim.ShimException;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The program {@code bulkhead}. */
public final class Main {
  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;
  private static final String KATA_NAME = "kata-runtime";

  private Main() {}

  /** Runs the command line that the process was started with; the arguments here are the same. */
  public static void main(String[] args) {
    List<String> line = Environment.commandLine();
    Processes.exit(run(program(line.getFirst()), line.subList(1, line.size())));
  }

  /** Called by the name that Kata's users know, the program speaks of itself by that name. */
  private static Program program(String calledAs) {
    String name = calledAs.substring(calledAs.lastIndexOf('/') + 1);
    return name.equals(KATA_NAME) ? Commands.PROGRAM.withName(name) : Commands.PROGRAM;
  }

  private static boolean isShim() {
    String calledAs = Environment.commandLine().getFirst();
    return calledAs.substring(calledAs.lastIndexOf('/') + 1).equals(Shim.NAME);
  }

  private static int run(Program program, List<String> words) {
    if (isShim()) {
      return runShim(words);
    }
    try {
      return switch (program.parse(words)) {
        case Request.Help help -> print(help.text());
        case Request.NoCommand none -> withoutCommand(program, none);
        case Request.Invocation invocation -> execute(program, invocation);
      };
    } catch (AgentException e) {
      return fail(program, e.getMessage(), exitCode(e));
    } catch (UsageException
        | ConfigurationException
        | ContainerException
        | ImageException
        | HypervisorException
        | SandboxException
        | SettingsException
        | LinuxException
        | IllegalArgumentException e) {
      return fail(program, e.getMessage(), Commands.FAILED);
    }
  }

  private static int runShim(List<String> words) {
    try {
      return Shim.run(words);
    } catch (ShimException | ContainerException | LinuxException e) {
      // Containerd shows it to its user behind a sentence of its own.
      Fd.STDERR.writeAll((e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
      return Commands.FAILED;
    }
  }

  /** A program that is not there, or not executable, has codes of its own, as in every shell. */
  private static int exitCode(AgentException e) {
    String message = e.getMessage();
    if (!message.startsWith("exec: ")) {
      return Commands.FAILED;
    }
    return message.endsWith("permission denied") ? NOT_EXECUTABLE : NOT_FOUND;
  }

  private static int withoutCommand(Program program, Request.NoCommand request)
      throws UsageException {
    if (request.globals().isSet(GlobalOptions.VERSION)) {
      return print(Commands.version(program));
    }
    if (GlobalOptions.showsPaths(request.globals())) {
      return print(configurationPaths());
    }
    throw new UsageException("no command is given; see '" + program.name() + " --help'");
  }

  private static String configurationPaths() {
    StringBuilder text = new StringBuilder();
    for (ConfigurationPlaces.Place place :
        ConfigurationPlaces.places(Optional.empty(), Optional.empty(), SharedFiles.find())) {
      text.append(place.path()).append('\n');
    }
    return text.toString();
  }

  private static int execute(Program program, Request.Invocation invocation)
      throws UsageException, ConfigurationException {
    Optional<String> about = Commands.about(program, invocation);
    if (about.isPresent()) {
      return print(about.get());
    }
    MessageLog log = OciCommands.log(invocation.globals());
    log.create();
    try {
      Optional<Integer> host =
          new HostCommands(
                  invocation.globals(),
                  program.name().equals(KATA_NAME),
                  warning -> complain(program, warning))
              .run(invocation);
      if (host.isPresent()) {
        return host.get();
      }
      Optional<Integer> code = new OciCommands(invocation.globals()).run(invocation);
      return code.isPresent()
          ? code.get()
          : RunExecution.run(invocation, warning -> complain(program, warning));
    } catch (UsageException
        | ConfigurationException
        | ContainerException
        | HypervisorException
        | SettingsException
        | LinuxException e) {
      log.write(MessageLog.Level.ERROR, e.getMessage());
      throw e;
    }
  }

  private static int print(String text) {
    Fd.STDOUT.writeAll(text.getBytes(StandardCharsets.UTF_8));
    return 0;
  }

  private static int fail(Program program, String message, int code) {
    complain(program, message);
    return code;
  }

  private static void complain(Program program, String message) {
    String line = program.name() + ": " + message + "\n";
    Fd.STDERR.writeAll(line.getBytes(StandardCharsets.UTF_8));
  }
}
