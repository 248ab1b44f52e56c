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
import dev.bulkhead.runtime.image.ImageException;
import dev.bulkhead.runtime.run.RunExecution;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The program {@code bulkhead}. */
public final class Main {
  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;

  private Main() {}

  /** Runs the command line that the process was started with; the arguments here are the same. */
  public static void main(String[] args) {
    List<String> line = Environment.commandLine();
    Processes.exit(run(Commands.PROGRAM, line.subList(1, line.size())));
  }

  private static int run(Program program, List<String> words) {
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
        | ImageException
        | HypervisorException
        | SandboxException
        | LinuxException
        | IllegalArgumentException e) {
      return fail(program, e.getMessage(), Commands.FAILED);
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
    throw new UsageException("no command is given; see '" + program.name() + " --help'");
  }

  private static int execute(Program program, Request.Invocation invocation)
      throws UsageException, ConfigurationException {
    Optional<String> about = Commands.about(program, invocation);
    if (about.isPresent()) {
      return print(about.get());
    }
    return switch (invocation.command().name()) {
      case "run" -> RunExecution.run(invocation, warning -> complain(program, warning));
      default ->
          throw new IllegalStateException(
              "command " + invocation.command().name() + " has no body");
    };
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
