package dev.bulkhead.runtime.command;

import dev.bulkhead.agentapi.Build;
import dev.bulkhead.runtime.cli.Completion;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.ManualPage;
import dev.bulkhead.runtime.cli.Program;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.Shell;
import dev.bulkhead.runtime.cli.UsageException;
import java.util.List;
import java.util.Optional;

/** The program's command line: every command, in the order of help. */
public final class Commands {
  static final String RUN_SECTION = "Running containers";
  static final String OCI_SECTION = "The OCI command line, for engines";
  static final String HOST_SECTION = "This host";
  static final String ABOUT_SECTION = "About the program";

  /** The exit code when Bulkhead itself, and not the container's command, failed. */
  public static final int FAILED = 125;

  public static final Program PROGRAM =
      new Program(
          "bulkhead",
          "runs each container in a virtual machine of its own",
          """
          Bulkhead is an OCI runtime: Docker, Podman and others run containers with it, and so can
          you. Each container gets a small virtual machine with a kernel of its own, so that what
          breaks out of the container is still locked in.
          """,
          Program.Style.GNU,
          GlobalOptions.ALL,
          List.of(
              RunCommand.DEFINITION,
              CreateCommand.DEFINITION,
              StartCommand.DEFINITION,
              StateCommand.DEFINITION,
              KillCommand.DEFINITION,
              DeleteCommand.DEFINITION,
              ListCommand.DEFINITION,
              ExecCommand.DEFINITION,
              PauseCommand.DEFINITION,
              ResumeCommand.DEFINITION,
              UpdateCommand.DEFINITION,
              PsCommand.DEFINITION,
              EventsCommand.DEFINITION,
              SpecCommand.DEFINITION,
              FeaturesCommand.DEFINITION,
              CheckCommand.DEFINITION,
              EnvCommand.DEFINITION,
              InstallCommand.DEFINITION,
              InstallCommand.UNINSTALL,
              TemplateCommand.DEFINITION,
              DirectVolumeCommand.DEFINITION,
              PoolCommand.DEFINITION,
              HelpCommand.DEFINITION,
              CompletionCommand.DEFINITION,
              CompletionCommand.QUESTION,
              ManCommand.DEFINITION,
              VersionCommand.DEFINITION),
          List.of(
              new Entry("0", "Done"),
              new Entry("125", "Bulkhead failed; the message on standard error says why")),
          List.of(
              new Entry(
                  "BULKHEAD_CONF_FILE", "The configuration file, unless --config names another")),
          List.of(
              new Entry(
                  "/etc/bulkhead/configuration.toml",
                  "The configuration; without it, configuration.toml among the program's shared"
                      + " files. Files config.d/*.toml beside it are read after it, in the order"
                      + " of their names"),
              new Entry(GlobalOptions.DEFAULT_ROOT, "The state of running containers"),
              new Entry("/var/lib/bulkhead", "Images that were fetched and unpacked")),
          List.of("docker(1)", "podman(1)", "runc(8)", "qemu(1)", "skopeo(1)", "umoci(1)"));

  private Commands() {}

  /**
   * What a command prints that only tells about the program itself, or empty if the invocation is
   * of a command that does something.
   */
  public static Optional<String> about(Program program, Request.Invocation invocation)
      throws UsageException {
    return switch (invocation.command().name()) {
      case "help" -> Optional.of(HelpCommand.text(program, invocation));
      case "man" -> Optional.of(ManualPage.of(program, Build.VERSION));
      case "version" ->
          Optional.of(
              invocation.options().isSet(VersionCommand.JSON)
                  ? VersionCommand.json(program.name())
                  : VersionCommand.text(program.name()));
      case "completion" ->
          invocation.get(CompletionCommand.SHELL).map(shell -> shell.script(program.name()));
      case Shell.QUESTION ->
          Optional.of(Completion.of(program, invocation.all(CompletionCommand.WORDS)).lines());
      default -> Optional.empty();
    };
  }

  /** What {@code --version} prints. */
  public static String version(Program program) {
    return VersionCommand.text(program.name());
  }
}
