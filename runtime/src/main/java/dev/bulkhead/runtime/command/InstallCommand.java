package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.install.Engine;
import java.util.ArrayList;
import java.util.List;

/** {@code install} and {@code uninstall}: this runtime in the settings of an engine. */
public final class InstallCommand {
  /** The runtime's name unless {@link #NAME} says otherwise. */
  public static final String DEFAULT_NAME = "bulkhead";

  public static final Option<Boolean> DEFAULT =
      Option.flag("default", "Use it also for containers that name no runtime");

  public static final Option<Boolean> UNTRUSTED =
      Option.flag(
          "untrusted",
          "Use it also for pods whose annotation calls them untrusted (containerd, crio)");

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
          "The engine's settings, instead of /etc/docker/daemon.json,"
              + " /etc/containers/containers.conf.d/NAME.conf, /etc/containerd/config.toml or"
              + " /etc/crio/crio.conf.d/50-NAME.conf");

  /** Where a runtime is made known: an engine on this host, or a cluster. */
  public sealed interface Place {
    /** An engine's settings. */
    record Settings(Engine engine) implements Place {}

    /** A cluster, for which objects are printed. */
    record Kubernetes() implements Place {}

    /** As command lines call it. */
    private String word() {
      return switch (this) {
        case Settings(Engine engine) -> engine.word();
        case Kubernetes() -> "kubernetes";
      };
    }
  }

  public static final Argument<Place> PLACE =
      Argument.one("ENGINE", ValueType.oneOf(places(), Place::word), "Whose");

  public static final Argument<Engine> ENGINE =
      Argument.one("ENGINE", ValueType.oneOf(List.of(Engine.values()), Engine::word), "Whose");

  public static final Command DEFINITION =
      Command.of(
              "install",
              Commands.HOST_SECTION,
              "Tell Docker, Podman, containerd, CRI-O or Kubernetes of this runtime",
              Usage.of(List.of(DEFAULT, UNTRUSTED, DRY_RUN, NAME, CONFIG), List.of(PLACE)))
          .withDescription(
              """
              Writes the engine's settings as you would: all else in the file stays as it is, a copy
              of the file as it was is kept beside it with the ending .before-bulkhead, and what is
              there already is not written again. Podman and CRI-O get a file of their own, which they
              read after their others. containerd's settings are for Kubernetes: ctr and Docker find
              the shim without. The engine is not restarted; you are told how it comes to know.
              'kubernetes' writes no file: it prints a RuntimeClass and a pod that uses it.
              """)
          .withExamples(
              new Entry("bulkhead install docker", "docker run --runtime bulkhead works"),
              new Entry(
                  "bulkhead install podman --default", "podman run uses it for every container"),
              new Entry("bulkhead install docker --dry-run", "Only show what would be changed"),
              new Entry(
                  "bulkhead install containerd --untrusted",
                  "Pods of this RuntimeClass, and those with the annotation"
                      + " io.kubernetes.cri.untrusted-workload: \"true\""),
              new Entry(
                  "bulkhead install kubernetes | kubectl apply -f -",
                  "The cluster knows the RuntimeClass"));

  /** The way back. */
  public static final Command UNINSTALL =
      Command.of(
              "uninstall",
              Commands.HOST_SECTION,
              "Take this runtime out of the settings of an engine",
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

  private static List<Place> places() {
    List<Place> places = new ArrayList<>();
    for (Engine engine : Engine.values()) {
      places.add(new Place.Settings(engine));
    }
    places.add(new Place.Kubernetes());
    return List.copyOf(places);
  }
}
