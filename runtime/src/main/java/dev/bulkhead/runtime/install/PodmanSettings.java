package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.TomlWriter;
import java.util.List;
import java.util.Optional;

/**
 * A file of its own among those that Podman reads after containers.conf, see containers.conf(5): so
 * nothing that somebody else wrote is touched.
 */
final class PodmanSettings {
  private final OwnFile file;
  private final EngineRuntime runtime;

  /**
   * Settings.
   *
   * @param file what messages call them
   */
  PodmanSettings(String file, EngineRuntime runtime) {
    this.file = new OwnFile(file, Engine.PODMAN.word());
    this.runtime = runtime;
  }

  /** The text with the runtime in it; that it is the default stays so. */
  String install(Optional<String> current, boolean isDefault) {
    boolean stays = file.says(current, List.of("engine", "runtime"), runtime.name());
    String name = TomlWriter.quoted(runtime.name());
    return file.head()
        + (isDefault || stays ? "[engine]\nruntime = " + name + "\n\n" : "")
        + "[engine.runtimes]\n"
        + name
        + " = ["
        + TomlWriter.quoted(runtime.program())
        + "]\n";
  }

  /** Makes sure that a text is one of {@link #install}. */
  void checkOwn(String text) {
    file.read(text);
  }
}
