package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.cli.Values;
import java.util.List;
import java.util.Optional;

/** The options that stand before the command. */
public final class GlobalOptions {
  /** Where containers and sandboxes leave their state unless {@link #ROOT} says otherwise. */
  public static final String DEFAULT_ROOT = "/run/bulkhead";

  public static final Option<String> ROOT =
      Option.of(
          "root",
          "DIR",
          ValueType.DIRECTORY,
          "Keep the state of containers in this directory instead of " + DEFAULT_ROOT);

  public static final Option<String> LOG =
      Option.of(
          "log", "FILE", ValueType.FILE, "Append messages to this file, besides standard error");

  public static final Option<String> LOG_FORMAT =
      Option.of(
          "log-format",
          "FORMAT",
          ValueType.oneOf("text", "json"),
          "How messages are written to the log file");

  public static final Option<Boolean> DEBUG =
      Option.flag("debug", "Log each step, and the guest's console");

  public static final Option<Boolean> SYSTEMD_CGROUP =
      Option.flag("systemd-cgroup", "Take cgroup paths in systemd's form, slice:prefix:name");

  public static final Option<String> ROOTLESS =
      Option.of(
          "rootless",
          "WHETHER",
          ValueType.oneOf("auto", "true", "false"),
          "Whether the caller is not root");

  public static final Option<String> CONFIG =
      Option.of(
          "config",
          "FILE",
          ValueType.FILE,
          "Read the configuration from this file, see configuration.toml under FILES");

  public static final Option<Boolean> VERSION =
      Option.flag("version", "Print version, commit and OCI specification version").withShort('v');

  /** The name of {@link #CONFIG} in Kata 1. */
  private static final Option<String> KATA_CONFIG =
      Option.of("kata-config", "FILE", ValueType.FILE, "As --config").asHidden();

  private static final Option<Boolean> SHOW_PATHS =
      Option.flag(
          "show-default-config-paths", "Print where the configuration is looked for, and end");

  /** The name of {@link #SHOW_PATHS} in Kata 1. */
  private static final Option<Boolean> KATA_SHOW_PATHS =
      Option.flag("kata-show-default-config-paths", "As --show-default-config-paths").asHidden();

  static final List<Option<?>> ALL =
      List.of(
          ROOT,
          LOG,
          LOG_FORMAT,
          DEBUG,
          SYSTEMD_CGROUP,
          ROOTLESS,
          CONFIG,
          KATA_CONFIG,
          SHOW_PATHS,
          KATA_SHOW_PATHS,
          VERSION);

  /** The configuration file that the caller names. */
  public static Optional<String> configuration(Values globals) {
    return globals.get(CONFIG).or(() -> globals.get(KATA_CONFIG));
  }

  /** Whether the caller wants to know the configuration's places only. */
  public static boolean showsPaths(Values globals) {
    return globals.isSet(SHOW_PATHS) || globals.isSet(KATA_SHOW_PATHS);
  }

  private GlobalOptions() {}
}
