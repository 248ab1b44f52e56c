package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.ValueType;

/** Options and arguments that several commands of the OCI command line share. */
public final class OciOptions {
  public static final Option<String> BUNDLE =
      Option.of("bundle", "DIR", ValueType.DIRECTORY, "The bundle: a directory with a config.json")
          .withShort('b');

  public static final Option<Boolean> DETACH =
      Option.flag("detach", "Do not wait for the end").withShort('d');

  public static final Option<String> PID_FILE =
      Option.of(
          "pid-file", "FILE", ValueType.FILE, "Write the id of the process that stands for it");

  public static final Option<String> CONSOLE_SOCKET =
      Option.of(
          "console-socket",
          "SOCKET",
          ValueType.FILE,
          "Send the terminal's descriptor to this unix socket");

  public static final Option<Boolean> NO_PIVOT =
      Option.flag("no-pivot", "Do not use pivot_root")
          .asIgnored("the guest can always pivot its root");

  public static final Option<Boolean> NO_NEW_KEYRING =
      Option.flag("no-new-keyring", "Keep the caller's session keyring")
          .asIgnored("the guest has keyrings of its own");

  public static final Option<Boolean> NO_SUBREAPER =
      Option.flag("no-subreaper", "Do not adopt orphans")
          .asIgnored("orphans are the agent's, inside the guest");

  public static final Argument<String> ID =
      Argument.one("ID", ValueType.TEXT, "The container's id");

  public static final Argument<String> IDS =
      Argument.oneOrMore("ID", ValueType.TEXT, "The containers' ids");

  private OciOptions() {}
}
