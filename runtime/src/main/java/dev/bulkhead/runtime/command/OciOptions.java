package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.cli.Values;

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

  public static final Option<Long> PRESERVE_FDS =
      Option.of(
          "preserve-fds",
          "N",
          ValueType.integer(0, Integer.MAX_VALUE),
          "Pass N further descriptors on; only 0 is possible, as the guest has its own");

  /** Kata 1's, a terminal's path. */
  public static final Option<String> CONSOLE =
      Option.of("console", "PATH", ValueType.FILE, "Of Kata 1; refused").asHidden();

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

  /**
   * Refuses what a process in a virtual machine cannot have.
   *
   * @param options of create, run or exec
   */
  public static void check(Values options) throws UsageException {
    if (options.get(PRESERVE_FDS).orElse(0L) > 0) {
      throw new UsageException(
          "--preserve-fds: descriptors of the host cannot be passed into a virtual machine; pass"
              + " files as volumes");
    }
    if (options.has(CONSOLE)) {
      throw new UsageException("--console is not supported; use --console-socket");
    }
  }
}
