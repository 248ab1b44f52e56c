package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code check}: whether this host can run sandboxes. */
public final class CheckCommand {
  public static final Option<Boolean> JSON = Option.flag("json", "Print a JSON object");

  public static final Option<Boolean> NETWORK =
      Option.flag(
          "network", "Look at this host's networks instead, for what keeps containers apart");

  public static final Option<Boolean> STRICT =
      Option.flag("strict", "Fail for warnings too").withShort('s');

  static final Option<Boolean> NO_NETWORK_CHECKS =
      Option.flag("no-network-checks", "Ask nothing of the network")
          .withShort('n')
          .asIgnored("no check asks the network");

  static final Option<Boolean> VERBOSE =
      Option.flag("verbose", "Print all checks")
          .withShort('v')
          .asIgnored("all checks are printed anyway");

  /** Kata's flags about releases, which would have to ask a server. */
  public static final List<Option<Boolean>> RELEASES =
      List.of(
          release("check-version-only"),
          release("only-list-releases"),
          release("include-all-releases"));

  public static final Command DEFINITION =
      Command.of(
              "check",
              Commands.HOST_SECTION,
              "Say whether this host can run containers, and what to do where it cannot",
              Usage.of(
                  List.of(
                      JSON,
                      NETWORK,
                      STRICT,
                      NO_NETWORK_CHECKS,
                      VERBOSE,
                      RELEASES.get(0),
                      RELEASES.get(1),
                      RELEASES.get(2)),
                  List.of()))
          .withAliases("kata-check")
          .withDescription(
              """
              One line for each thing that is needed: 'ok', 'warning' for what works less well than it
              could, 'fail' for what keeps containers from running, with a remedy. KVM is not believed
              to work but made to run a few instructions.

              With --network it names networks of this host that overlap, both sides of them, and
              rules that drop what containers send.
              """)
          .withExamples(
              new Entry("bulkhead check", "Look before the first container"),
              new Entry("bulkhead check --network", "When a container's network does not work"),
              new Entry("bulkhead check --json", "For a script"))
          .withExitCodes(
              new Entry("0", "Containers can run"),
              new Entry("1", "They cannot, or with --strict there was a warning"));

  private CheckCommand() {}

  private static Option<Boolean> release(String name) {
    return Option.flag(name, "Of Kata; refused").asHidden();
  }
}
