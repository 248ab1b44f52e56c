package dev.bulkhead.runtime.install;

import com.grack.nanojson.JsonObject;
import java.util.Optional;

/** Docker's daemon.json: the members {@code runtimes.NAME} and {@code default-runtime}. */
final class DockerSettings {
  private static final String RUNTIMES = "runtimes";
  private static final String DEFAULT = "default-runtime";
  private static final String PATH = "path";
  private static final String EMPTY = "{}\n";

  private final String file;
  private final EngineRuntime runtime;

  /**
   * Settings.
   *
   * @param file what messages call them
   */
  DockerSettings(String file, EngineRuntime runtime) {
    this.file = file;
    this.runtime = runtime;
    if (runtime.name().equals("runc")) {
      throw new SettingsException("the name 'runc' is Docker's own; choose another by --name");
    }
  }

  /** The text with the runtime in it; what is there already stays as it is. */
  String install(Optional<String> current, boolean isDefault) {
    JsonText json = read(current);
    Object runtimes = json.value().get(RUNTIMES);
    if (runtimes == null) {
      JsonObject all = new JsonObject();
      all.put(runtime.name(), entry());
      json = json.with(Optional.empty(), RUNTIMES, all);
    } else if (!(runtimes instanceof JsonObject all)) {
      throw new SettingsException(file + ": '" + RUNTIMES + "' is no object; put it right first");
    } else {
      Optional<String> path = path(all);
      if (all.has(runtime.name()) && path.filter(runtime::isOwn).isEmpty()) {
        throw new SettingsException(
            file
                + " has a runtime '"
                + runtime.name()
                + "' already, which is not Bulkhead; choose another name by --name");
      }
      if (path.isEmpty()) {
        json = json.with(Optional.of(RUNTIMES), runtime.name(), entry());
      } else if (!path.get().equals(runtime.program())) {
        JsonObject moved = new JsonObject(all.getObject(runtime.name()));
        moved.put(PATH, runtime.program());
        json = json.with(Optional.of(RUNTIMES), runtime.name(), moved);
      }
    }
    if (isDefault && !runtime.name().equals(json.value().getString(DEFAULT))) {
      json = json.with(Optional.empty(), DEFAULT, runtime.name());
    }
    return json.text();
  }

  /**
   * The text without the runtime.
   *
   * @param original the text as it was before the first {@code install}, if there was one
   */
  String uninstall(String current, Optional<String> original) {
    JsonText json = read(Optional.of(current));
    JsonText before = read(original);
    if (runtime.name().equals(json.value().getString(DEFAULT))) {
      String former = before.value().getString(DEFAULT);
      json =
          former == null || former.equals(runtime.name())
              ? json.without(Optional.empty(), DEFAULT)
              : json.with(Optional.empty(), DEFAULT, former);
    }
    if (json.value().get(RUNTIMES) instanceof JsonObject all && all.has(runtime.name())) {
      if (path(all).filter(runtime::isOwn).isEmpty()) {
        throw new SettingsException(
            "the runtime '" + runtime.name() + "' in " + file + " is not Bulkhead; it is left");
      }
      json = json.without(Optional.of(RUNTIMES), runtime.name());
      if (all.size() == 1 && !before.value().has(RUNTIMES)) {
        json = json.without(Optional.empty(), RUNTIMES);
      }
    }
    return json.text();
  }

  /** Whether a text has nothing to say, so that its file can be removed. */
  boolean isEmpty(String text) {
    return read(Optional.of(text)).value().isEmpty();
  }

  /** Whether a runtime of this program, of whatever name, is left in a text. */
  boolean hasOwn(String text) {
    if (read(Optional.of(text)).value().get(RUNTIMES) instanceof JsonObject all) {
      for (Object one : all.values()) {
        if (one instanceof JsonObject other
            && other.get(PATH) instanceof String path
            && runtime.isOwn(path)) {
          return true;
        }
      }
    }
    return false;
  }

  private JsonText read(Optional<String> text) {
    return JsonText.of(file, text.filter(some -> !some.isBlank()).orElse(EMPTY));
  }

  private JsonObject entry() {
    JsonObject entry = new JsonObject();
    entry.put(PATH, runtime.program());
    return entry;
  }

  private Optional<String> path(JsonObject runtimes) {
    return runtimes.get(runtime.name()) instanceof JsonObject entry
            && entry.get(PATH) instanceof String path
        ? Optional.of(path)
        : Optional.empty();
  }
}
