package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code create}: a container from a bundle, ready to be started. */
public final class CreateCommand {
  public static final Command DEFINITION =
      Command.of(
              "create",
              Commands.OCI_SECTION,
              "Create a container from a bundle; its program waits for 'start'",
              Usage.of(
                  List.of(
                      OciOptions.BUNDLE,
                      OciOptions.PID_FILE,
                      OciOptions.CONSOLE_SOCKET,
                      OciOptions.CONSOLE,
                      OciOptions.PRESERVE_FDS,
                      OciOptions.NO_PIVOT,
                      OciOptions.NO_NEW_KEYRING),
                  List.of(OciOptions.ID)))
          .withDescription(
              """
              The virtual machine is up when this returns. One small process is left behind for the
              container: its id goes to the pid file, it holds the container's streams or terminal,
              and it ends with the container's exit code.
              """);

  private CreateCommand() {}
}
