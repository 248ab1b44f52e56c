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

  /**
   * Puts the runtime into the engine's settings.
   *
   * @param isDefault whether for containers that name no runtime too
   */
  public String install(boolean isDefault) {
    Optional<String> before = file.read();
    String after =
        switch (engine) {
          case DOCKER -> docker().install(before, isDefault);
          case PODMAN -> podman().install(before, isDefault);
        };
    if (before.filter(after::equals).isPresent()) {
      return file.path() + " has it already; nothing was changed.\n";
    }
    if (dryRun) {
      return difference(before, Optional.of(after));
    }
    boolean kept = engine == Engine.DOCKER && before.isPresent();
    if (kept) {
      file.backUp();
    }
    file.write(after);
    return "Wrote "
        + file.path()
        + (kept ? "; what it was before is in " + file.backupPath() : "")
        + ".\n"
        + engine.reload()
        + "\nThen: "
        + engine.word()
        + " run --rm --runtime "
        + runtime.name()
        + " busybox uname -r\n";
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
            podman().own(before.get());
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
    if (after.isEmpty() || !docker().hasOwn(after.get())) {
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
