package dev.bulkhead.runtime.cli;

import java.util.List;
import java.util.Optional;

/** A program with one of everything. */
final class Sample {
  static final Option<String> ROOT = Option.of("root", "DIR", ValueType.DIRECTORY, "The root");
  static final Option<Boolean> DEBUG = Option.flag("debug", "Say more").withShort('d');
  static final Option<Boolean> INTERACTIVE = Option.flag("interactive", "Input").withShort('i');
  static final Option<Boolean> TTY = Option.flag("tty", "Terminal").withShort('t');
  static final Option<String> ENV =
      Option.of("env", "K=V", ValueType.TEXT, "A variable").withShort('e').asRepeatable();
  static final Option<Long> MEMORY =
      Option.of("memory", "SIZE", ValueType.SIZE, "Memory").withShort('m');
  static final Option<String> HOSTNAME =
      Option.of("hostname", "NAME", ValueType.TEXT, "Name").withShort('h');
  static final Option<String> PULL =
      Option.of("pull", "WHEN", ValueType.oneOf("always", "missing", "never"), "When to pull");
  static final Option<Boolean> NO_PIVOT =
      Option.flag("no-pivot", "Do not pivot").asIgnored("there is nothing to pivot");
  static final Option<Boolean> SECRET = Option.flag("secret", "Not told").asHidden();
  static final Option<String> BUNDLE =
      Option.of("bundle", "DIR", ValueType.DIRECTORY, "The bundle").withShort('b');
  static final Option<Boolean> ALL = Option.flag("all", "All processes").withShort('a');
  static final Option<String> FILE = Option.of("file", "FILE", ValueType.FILE, "A file");

  static final Argument<String> IMAGE = Argument.one("IMAGE", ValueType.DIRECTORY, "The image");
  static final Argument<String> COMMAND = Argument.rest("COMMAND", "The command");
  static final Argument<String> ID = Argument.one("ID", ValueType.TEXT, "The id");
  static final Argument<String> IDS = Argument.oneOrMore("ID", ValueType.TEXT, "The ids");
  static final Argument<Long> SIGNAL =
      Argument.optional("SIGNAL", ValueType.integer(1, 64), "The signal");
  static final Argument<String> SHELL =
      Argument.one("SHELL", ValueType.oneOf("bash", "zsh"), "The shell");

  static final Command RUN =
      Command.of(
              "run",
              "Containers",
              "Run a container",
              Usage.of(
                  List.of(INTERACTIVE, TTY, ENV, MEMORY, HOSTNAME, PULL, SECRET),
                  List.of(IMAGE, COMMAND)),
              Usage.selectedBy(BUNDLE, List.of(BUNDLE, TTY, NO_PIVOT), List.of(ID)))
          .withDescription("First paragraph\nin two lines.\n\nSecond 'paragraph' with a \\ in it.")
          .withExamples(new Entry("box run . ls -l", "List"))
          .withExitCodes(new Entry("127", "Not found"));

  static final Command KILL =
      Command.of(
          "kill", "Containers", "Send a signal", Usage.of(List.of(ALL), List.of(ID, SIGNAL)));

  static final Command DELETE =
      Command.of("delete", "Containers", "Delete", Usage.of(List.of(), List.of(IDS)))
          .withAliases("rm");

  static final Command VOLUME_ADD =
      Command.of("volume add", "Volumes", "Add a volume", Usage.of(List.of(FILE), List.of(ID)));

  static final Command VOLUME_REMOVE =
      Command.of("volume remove", "Volumes", "Remove it", Usage.of(List.of(), List.of(ID)));

  static final Command COMPLETION =
      Command.of("completion", "About", "A script", Usage.of(List.of(), List.of(SHELL)));

  static final Command HIDDEN =
      Command.of("__hidden", "About", "Not told", Usage.of(List.of(), List.of())).asHidden();

  static final Program BOX = program(Program.Style.GNU);
  static final Program GO_BOX = program(Program.Style.GO);

  private Sample() {}

  private static Program program(Program.Style style) {
    return new Program(
        "box",
        "keeps things in boxes",
        "A box.",
        style,
        List.of(ROOT, DEBUG),
        List.of(RUN, KILL, DELETE, VOLUME_ADD, VOLUME_REMOVE, COMPLETION, HIDDEN),
        List.of(new Entry("125", "It failed")),
        List.of(new Entry("BOX_CONF", "A variable")),
        List.of(new Entry("/etc/box.toml", "A file")),
        List.of("runc(8)"));
  }

  static Request.Invocation invocation(String... words) throws UsageException {
    return (Request.Invocation) BOX.parse(List.of(words));
  }

  static String help(String... words) throws UsageException {
    return ((Request.Help) BOX.parse(List.of(words))).text();
  }

  static Optional<String> error(Program program, String... words) {
    try {
      program.parse(List.of(words));
      return Optional.empty();
    } catch (UsageException e) {
      return Optional.of(e.getMessage());
    }
  }
}
