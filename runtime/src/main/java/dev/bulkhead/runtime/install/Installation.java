package dev.bulkhead.runtime.install;

import java.util.Optional;

/** Carries {@code install} and {@code uninstall} out, and answers what to tell the user. */
public final class Installation {
  private final Engine engine;
  private final EngineRuntime runtime;
  private final SettingsFile file;
  private final boolean dryRun;

  /**
   * An installation.
   *
   * @param config the absolute path of the engine's settings, unless they are at the usual place
   * @param dryRun whether to tell the difference only
   */
  public Installation(
      Engine engine, EngineRuntime runtime, Optional<String> config, boolean dryRun) {
    this.engine = engine;
    this.runtime = runtime;
    this.file = new SettingsFile(config.orElse(engine.file(runtime.name())));
    this.dryRun = dryRun;
  }

  /** Puts the runtime into the engine's settings. */
  public String install(Uses uses) {
    Optional<String> before = file.read();
    String after =
        switch (engine) {
          case DOCKER -> docker().install(before, withoutPods(uses));
          case PODMAN -> podman().install(before, withoutPods(uses));
          case CONTAINERD -> containerd().install(before, uses);
          case CRIO -> crio().install(before, uses);
        };
    if (before.filter(after::equals).isPresent()) {
      return file.path() + " has it already; nothing was changed.\n";
    }
    if (dryRun) {
      return difference(before, Optional.of(after));
    }
    boolean kept = engine.sharesFile() && before.isPresent();
    if (kept) {
      file.backUp();
    }
    file.write(after);
    return "Wrote "
        + file.path()
        + (kept ? "; what it was before is in " + file.backupPath() : "")
        + ".\n"
        + engine.reload()
        + "\n"
        + remark(after)
        + "Then: "
        + engine.trial(runtime.name())
        + "\n";
  }

  private boolean withoutPods(Uses uses) {
    if (uses.untrusted()) {
      throw new SettingsException(
          engine.title() + " knows no untrusted pods; --untrusted is for containerd and crio");
    }
    return uses.byDefault();
  }

  private String remark(String after) {
    return engine == Engine.CONTAINERD && containerd().isPluginDisabled(after)
        ? "Its CRI plugin is switched off by disabled_plugins there, and Kubernetes needs it.\n"
        : "";
  }

  /** Takes what {@link #install} put there out of the engine's settings. */
  public String uninstall() {
    Optional<String> before = file.read();
    if (before.isEmpty()) {
      return nothing();
    }
    Optional<String> after =
        switch (engine) {
          case DOCKER -> withoutDocker(before.get());
          case PODMAN -> {
            podman().checkOwn(before.get());
            yield Optional.empty();
          }
          case CONTAINERD -> withoutContainerd(before.get());
          case CRIO -> {
            crio().checkOwn(before.get());
            yield Optional.empty();
          }
        };
    if (after.equals(before)) {
      return nothing();
    }
    if (dryRun) {
      return difference(before, after);
    }
    if (after.isPresent()) {
      file.write(after.get());
    } else {
      file.remove();
    }
    if (after.isEmpty() || !hasOwn(after.get())) {
      file.removeBackup();
    }
    return (after.isPresent()
            ? "Took the runtime '" + runtime.name() + "' out of " + file.path()
            : "Removed " + file.path())
        + ".\n"
        + engine.reload()
        + "\n";
  }

  private Optional<String> withoutDocker(String before) {
    Optional<String> original = file.readBackup();
    String after = docker().uninstall(before, original);
    return original.isEmpty() && !after.equals(before) && docker().isEmpty(after)
        ? Optional.empty()
        : Optional.of(after);
  }

  private Optional<String> withoutContainerd(String before) {
    Optional<String> original = file.readBackup();
    String after = containerd().uninstall(before, original);
    return original.isEmpty() && !after.equals(before) && containerd().isEmpty(after)
        ? Optional.empty()
        : Optional.of(after);
  }

  /** Whether a runtime of this program, of another name, is left. */
  private boolean hasOwn(String text) {
    return switch (engine) {
      case DOCKER -> docker().hasOwn(text);
      case CONTAINERD -> containerd().hasOwn(text);
      case PODMAN, CRIO -> false;
    };
  }

  private ContainerdSettings containerd() {
    return new ContainerdSettings(file.path(), runtime);
  }

  private CrioSettings crio() {
    return new CrioSettings(file.path(), runtime);
  }

  private DockerSettings docker() {
    return new DockerSettings(file.path(), runtime);
  }

  private PodmanSettings podman() {
    return new PodmanSettings(file.path(), runtime);
  }

  private String nothing() {
    return engine.title()
        + "'s settings in "
        + file.path()
        + " have no runtime '"
        + runtime.name()
        + "'; nothing was changed.\n";
  }

  private String difference(Optional<String> before, Optional<String> after) {
    return LineDifference.unified(
        before.isPresent() ? file.path() : "/dev/null",
        after.isPresent() ? file.path() : "/dev/null",
        before.orElse(""),
        after.orElse(""));
  }
}
