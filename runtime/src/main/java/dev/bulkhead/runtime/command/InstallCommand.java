package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.install.Engine;
import java.util.List;

/** {@code install} and {@code uninstall}: this runtime in the settings of an engine. */
public final class InstallCommand {
  /** The runtime's name unless {@link #NAME} says otherwise. */
  public static final String DEFAULT_NAME = "bulkhead";

  public static final Option<Boolean> DEFAULT =
      Option.flag("default", "Use it also for containers that name no runtime");

  public static final Option<Boolean> DRY_RUN =
      Option.flag("dry-run", "Show the difference and write nothing");

  public static final Option<String> NAME =
      Option.of(
          "name",
          "NAME",
          ValueType.TEXT,
          "What users write behind --runtime, instead of " + DEFAULT_NAME);

  public static final Option<String> CONFIG =
      Option.of(
          "config",
          "FILE",
          ValueType.FILE,
          "The engine's settings, instead of /etc/docker/daemon.json, or for Podman"
              + " /etc/containers/containers.conf.d/NAME.conf");

  public static final Argument<Engine> ENGINE =
      Argument.one("ENGINE", ValueType.oneOf(List.of(Engine.values()), Engine::word), "Whose");

  public static final Command DEFINITION =
      Command.of(
              "install",
              Commands.HOST_SECTION,
              "Tell Docker or Podman of this runtime",
              Usage.of(List.of(DEFAULT, DRY_RUN, NAME, CONFIG), List.of(ENGINE)))
          .withDescription(
              """
              Writes the engine's settings as you would: all else in the file stays as it is, a copy
              of the file as it was is kept beside it with the ending .before-bulkhead, and what is
              there already is not written again. Podman gets a file of its own, which it reads after
              containers.conf. The engine is not restarted; you are told how it comes to know.
              """)
          .withExamples(
              new Entry("bulkhead install docker", "docker run --runtime bulkhead works"),
              new Entry(
                  "bulkhead install podman --default", "podman run uses it for every container"),
              new Entry("bulkhead install docker --dry-run", "Only show what would be changed"));

  /** The way back. */
  public static final Command UNINSTALL =
      Command.of(
              "uninstall",
              Commands.HOST_SECTION,
              "Take this runtime out of the settings of Docker or Podman",
              Usage.of(List.of(DRY_RUN, NAME, CONFIG), List.of(ENGINE)))
          .withDescription(
              """
              Takes away what install put there and nothing else. A default runtime that install
              replaced comes back.
              """)
          .withExamples(
              new Entry("bulkhead uninstall docker", "The runtime bulkhead is no more"),
              new Entry("bulkhead uninstall podman --dry-run", "Only show what would be changed"));

  private InstallCommand() {}
}
