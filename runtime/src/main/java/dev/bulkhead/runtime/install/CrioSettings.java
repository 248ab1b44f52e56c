package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.TomlWriter;
import java.util.List;
import java.util.Optional;

/** A file of its own among those that CRI-O reads after crio.conf, see crio.conf.d(5). */
final class CrioSettings {
  private static final List<String> RUNTIME = List.of("crio", "runtime");
  private static final List<String> UNTRUSTED =
      List.of("crio", "runtime", "runtimes", EngineRuntime.UNTRUSTED);

  private final OwnFile file;
  private final EngineRuntime runtime;

  /**
   * Settings.
   *
   * @param file what messages call them
   */
  CrioSettings(String file, EngineRuntime runtime) {
    this.file = new OwnFile(file, Engine.CRIO.word());
    this.runtime = runtime;
  }

  /** The text with the runtime in it; what it was used for before stays so. */
  String install(Optional<String> current, Uses uses) {
    boolean byDefault =
        uses.byDefault()
            || file.says(current, List.of("crio", "runtime", "default_runtime"), runtime.name());
    boolean untrusted = uses.untrusted() || file.has(current, UNTRUSTED);
    return file.head()
        + (byDefault
            ? TomlText.header(RUNTIME)
                + "default_runtime = "
                + TomlWriter.quoted(runtime.name())
                + "\n\n"
            : "")
        + table(runtime.name())
        + (untrusted ? "\n" + table(EngineRuntime.UNTRUSTED) : "");
  }

  /** A runtime of the type "vm" is a containerd shim, and a pod is one virtual machine. */
  private String table(String name) {
    return TomlText.header(List.of("crio", "runtime", "runtimes", name))
        + "runtime_type = \"vm\"\n"
        + "runtime_path = "
        + TomlWriter.quoted(runtime.shim())
        + "\n"
        + "privileged_without_host_devices = true\n";
  }

  /** Makes sure that a text is one of {@link #install}. */
  void checkOwn(String text) {
    file.read(text);
  }
}
