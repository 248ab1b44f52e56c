package dev.bulkhead.runtime.install;

import dev.bulkhead.runtime.config.toml.TomlValue;
import dev.bulkhead.runtime.config.toml.TomlWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * containerd's config.toml: the runtimes of its CRI plugin, for Kubernetes. What is new stands in
 * blocks at the end, between lines that tell so; an entry that others own is changed in its line.
 * Without the CRI plugin (ctr, nerdctl, Docker) containerd needs no settings.
 */
final class ContainerdSettings {
  private static final String EMPTY = "version = 2\n";
  private static final String OWNER = "'bulkhead install containerd'";
  private static final String RUNC = "runc";
  private static final String RUNC_TITLE =
      OWNER + ", as containerd forgets its own runtime when it reads of another";
  private static final String DEFAULT_KEY = "default_runtime_name";
  private static final String SHIM_TYPE = "io.containerd.bulkhead.v2";

  private final String file;
  private final EngineRuntime runtime;

  /**
   * Settings.
   *
   * @param file what messages call them
   */
  ContainerdSettings(String file, EngineRuntime runtime) {
    this.file = file;
    this.runtime = runtime;
    if (runtime.name().equals(RUNC) || runtime.name().equals(EngineRuntime.UNTRUSTED)) {
      throw new SettingsException(
          "the name '" + runtime.name() + "' means another in containerd; choose one by --name");
    }
  }

  /** The text with the runtime in it; what is there already stays as it is. */
  String install(Optional<String> current, Uses uses) {
    TomlText toml = read(current);
    toml = withRuntime(withRunc(toml), runtime.name());
    if (uses.untrusted()) {
      toml = withRuntime(toml, EngineRuntime.UNTRUSTED);
    }
    List<String> plugin = plugin(toml);
    if (uses.byDefault() && !isDefault(toml, plugin)) {
      toml = toml.with(plugin, DEFAULT_KEY, runtime.name(), title("default"));
    }
    return toml.text();
  }

  /** containerd forgets its own runtime as soon as another one is named. */
  private TomlText withRunc(TomlText toml) {
    List<String> runtimes = new ArrayList<>(plugin(toml));
    runtimes.add("runtimes");
    if (toml.at(runtimes).isPresent()) {
      return toml;
    }
    runtimes.add(RUNC);
    return toml.withBlock(
        RUNC_TITLE, TomlText.header(runtimes) + "  runtime_type = \"io.containerd.runc.v2\"\n");
  }

  private TomlText withRuntime(TomlText toml, String name) {
    List<String> table = new ArrayList<>(plugin(toml));
    table.addAll(List.of("runtimes", name));
    TomlText without = toml.withoutBlock(title(name));
    if (without.at(table).isPresent()) {
      if (!isOwn(without, table)) {
        throw new SettingsException(
            file
                + " has a runtime '"
                + name
                + "' already, which is not Bulkhead; "
                + (name.equals(runtime.name())
                    ? "choose another name by --name"
                    : "take it out first, or leave --untrusted away"));
      }
      return without;
    }
    String block =
        TomlText.header(table)
            + "  runtime_type = "
            + TomlWriter.quoted(SHIM_TYPE)
            + "\n  runtime_path = "
            + TomlWriter.quoted(runtime.shim())
            + "\n  privileged_without_host_devices = true\n";
    // Where it stands is kept if it is as it would be written.
    TomlText written = without.withBlock(title(name), block);
    return toml.hasBlock(title(name)) && toml.text().contains(block) ? toml : written;
  }

  private static boolean isOwn(TomlText toml, List<String> table) {
    List<String> path = new ArrayList<>(table);
    path.add("runtime_type");
    return toml.string(path).filter(SHIM_TYPE::equals).isPresent();
  }

  private boolean isDefault(TomlText toml, List<String> plugin) {
    return defaultName(toml, plugin).filter(runtime.name()::equals).isPresent();
  }

  private static Optional<String> defaultName(TomlText toml, List<String> plugin) {
    List<String> path = new ArrayList<>(plugin);
    path.add(DEFAULT_KEY);
    return toml.string(path);
  }

  /**
   * The text without what {@link #install} put there.
   *
   * @param original the text as it was before the first {@code install}, if there was one
   */
  String uninstall(String current, Optional<String> original) {
    TomlText toml = read(Optional.of(current));
    List<String> plugin = plugin(toml);
    toml =
        toml.withoutBlock(title("default"))
            .withoutBlock(title(EngineRuntime.UNTRUSTED))
            .withoutBlock(title(runtime.name()));
    if (isDefault(toml, plugin)) {
      TomlText before = read(original);
      Optional<String> former =
          defaultName(before, plugin(before)).filter(name -> !name.equals(runtime.name()));
      toml =
          former.isPresent()
              ? toml.with(plugin, DEFAULT_KEY, former.get(), title("default"))
              : toml.without(plugin, DEFAULT_KEY);
    }
    List<String> table = new ArrayList<>(plugin);
    table.addAll(List.of("runtimes", runtime.name()));
    if (toml.at(table).isPresent()) {
      throw new SettingsException(
          "the runtime '"
              + runtime.name()
              + "' in "
              + file
              + " was not written by "
              + OWNER
              + "; take it out yourself");
    }
    table.removeLast();
    boolean onlyRunc =
        toml.at(table).orElse(null) instanceof TomlValue.Table runtimes
            && runtimes.entries().keySet().equals(Set.of(RUNC));
    return (onlyRunc ? toml.withoutBlock(RUNC_TITLE) : toml).text();
  }

  /** Whether a text says nothing but its version, so that its file can be removed. */
  boolean isEmpty(String text) {
    return text.equals(EMPTY);
  }

  /** Whether a text has something of {@link #install}, of whatever name. */
  boolean hasOwn(String text) {
    return text.contains(OWNER);
  }

  /** Whether the plugin that reads all this is switched off, as Docker's packages do it. */
  boolean isPluginDisabled(String text) {
    Optional<TomlValue> disabled = read(Optional.of(text)).at(List.of("disabled_plugins"));
    return disabled.isPresent()
        && disabled.get() instanceof TomlValue.Array names
        && names.values().stream()
            .anyMatch(
                name ->
                    name instanceof TomlValue.Text plugin
                        && (plugin.value().equals("cri")
                            || plugin.value().equals("io.containerd.grpc.v1.cri")));
  }

  private TomlText read(Optional<String> text) {
    return TomlText.of(file, text.filter(some -> !some.isBlank()).orElse(EMPTY));
  }

  private String title(String what) {
    return OWNER + (what.equals(runtime.name()) ? "" : ", " + what) + " (" + runtime.name() + ")";
  }

  /** Where the plugin has its runtimes, which depends on the version of the settings. */
  private List<String> plugin(TomlText toml) {
    long version =
        toml.at(List.of("version")).orElse(null) instanceof TomlValue.Whole whole
            ? whole.value()
            : 1;
    return switch ((int) version) {
      case 2 -> List.of("plugins", "io.containerd.grpc.v1.cri", "containerd");
      case 3 -> List.of("plugins", "io.containerd.cri.v1.runtime", "containerd");
      default ->
          throw new SettingsException(
              file
                  + " is of version "
                  + version
                  + ", and 2 and 3 are known; 'containerd config migrate' writes a newer one");
    };
  }
}
