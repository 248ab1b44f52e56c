package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code exec}: a further process in a running container. */
public final class ExecCommand {
  public static final Option<String> PROCESS =
      Option.of(
              "process",
              "FILE",
              ValueType.FILE,
              "Run the process that this file describes, in the JSON of config.json's process")
          .withShort('p');

  public static final Option<Boolean> TTY =
      Option.flag("tty", "Give the command a terminal").withShort('t');

  public static final Option<String> CWD =
      Option.of("cwd", "DIR", ValueType.TEXT, "Run the command in this directory");

  public static final Option<String> ENV =
      Option.of("env", "NAME=VALUE", ValueType.TEXT, "Set a variable")
          .withShort('e')
          .asRepeatable();

  public static final Option<String> USER =
      Option.of("user", "UID[:GID]", ValueType.TEXT, "Run the command as this user, by number")
          .withShort('u');

  public static final Option<String> ADDITIONAL_GIDS =
      Option.of("additional-gids", "GID", ValueType.TEXT, "Put the command into a further group")
          .withShort('g')
          .asRepeatable();

  public static final Option<String> CAP =
      Option.of("cap", "CAPABILITY", ValueType.TEXT, "Give the command a further capability")
          .withShort('c')
          .asRepeatable();

  public static final Option<Boolean> NO_NEW_PRIVS =
      Option.flag("no-new-privs", "Let the command gain no privileges, as by setuid programs");

  private static final List<Option<?>> WITHOUT_EFFECT =
      List.of(
          policy("apparmor", "Use this AppArmor profile"),
          policy("process-label", "Use this SELinux label"));

  public static final Argument<String> COMMAND =
      Argument.rest("COMMAND", "What to run, with its arguments");

  public static final Command DEFINITION =
      Command.of(
              "exec",
              Commands.OCI_SECTION,
              "Run a further process in a running container",
              Usage.of(
                  List.of(
                      PROCESS,
                      TTY,
                      CWD,
                      ENV,
                      USER,
                      ADDITIONAL_GIDS,
                      CAP,
                      NO_NEW_PRIVS,
                      OciOptions.DETACH,
                      OciOptions.PID_FILE,
                      OciOptions.CONSOLE_SOCKET,
                      OciOptions.CONSOLE,
                      OciOptions.PRESERVE_FDS,
                      OciOptions.NO_SUBREAPER,
                      WITHOUT_EFFECT.get(0),
                      WITHOUT_EFFECT.get(1)),
                  List.of(OciOptions.ID, COMMAND)))
          .withDescription(
              """
              What the command line does not say is as for the container's first process. Without
              --detach the exit code is the command's.
              """)
          .withExamples(new Entry("bulkhead exec -t web sh", "A shell in the container web"));

  private ExecCommand() {}

  private static Option<String> policy(String name, String summary) {
    return Option.of(name, "NAME", ValueType.TEXT, summary)
        .asIgnored("the guest's kernel has no such policy loaded");
  }
}
