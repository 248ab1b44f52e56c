package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.Toml;
import dev.bulkhead.runtime.config.toml.TomlException;
import dev.bulkhead.runtime.config.toml.TomlValue;
import dev.bulkhead.runtime.config.toml.TomlWriter;
import java.util.Optional;

/**
 * A file of its own among those that Podman reads after containers.conf, see containers.conf(5): so
 * nothing that somebody else wrote is touched.
 */
final class PodmanSettings {
  private static final String MARK = "# Written by 'bulkhead install podman'";

  private final String file;
  private final EngineRuntime runtime;

  /**
   * Settings.
   *
   * @param file what messages call them
   */
  PodmanSettings(String file, EngineRuntime runtime) {
    this.file = file;
    this.runtime = runtime;
  }

  /** The text with the runtime in it; that it is the default stays so. */
  String install(Optional<String> current, boolean isDefault) {
    boolean stays = current.isPresent() && isDefault(own(current.get()));
    String name = TomlWriter.quoted(runtime.name());
    return MARK
        + "; 'bulkhead uninstall podman' removes it.\n"
        + (isDefault || stays ? "[engine]\nruntime = " + name + "\n\n" : "")
        + "[engine.runtimes]\n"
        + name
        + " = ["
        + TomlWriter.quoted(runtime.program())
        + "]\n";
  }

  /** Makes sure that a text is one of {@link #install}. */
  TomlValue.Table own(String text) {
    TomlValue.Table table;
    try {
      table = Toml.parse(text);
    } catch (TomlException e) {
      throw new SettingsException(
          file + ":" + e.line() + ": this is no TOML: " + e.getMessage(), e);
    }
    if (!text.startsWith(MARK)) {
      throw new SettingsException(
          file + " is not of 'bulkhead install podman'; name another file by --config");
    }
    return table;
  }

  private boolean isDefault(TomlValue.Table table) {
    return table.entries().get("engine") instanceof TomlValue.Table engine
        && engine.entries().get("runtime") instanceof TomlValue.Text name
        && name.value().equals(runtime.name());
  }
}
