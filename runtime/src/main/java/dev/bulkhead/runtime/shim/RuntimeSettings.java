package dev.bulkhead.runtime.shim;

import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.config.ConfigurationFile;
import dev.bulkhead.runtime.config.ConfigurationReader;
import dev.bulkhead.runtime.setup.ConfigurationLoader;
import dev.bulkhead.shimapi.RuntimeOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The configuration that containerd's options choose.
 *
 * @param path the configuration file; empty for the usual one
 * @param body the configuration itself, if the options have it
 */
record RuntimeSettings(Optional<String> path, Optional<String> body) {
  private static final String TYPE = "runtimeoptions.v1.Options";

  /** Whether options are of the kind that is understood. */
  static boolean isKnown(Any options) {
    return options.typeUrl().substring(options.typeUrl().lastIndexOf('/') + 1).equals(TYPE);
  }

  /** Reads options. */
  static RuntimeSettings of(Optional<Any> options) throws ShimException {
    if (options.isEmpty() || options.get().typeUrl().isEmpty()) {
      return new RuntimeSettings(Optional.empty(), Optional.empty());
    }
    if (!isKnown(options.get())) {
      throw new ShimException(
          "runtime options of the type '"
              + options.get().typeUrl()
              + "' are another runtime's; give ConfigPath ("
              + TYPE
              + ") or none");
    }
    try {
      RuntimeOptions known = RuntimeOptions.decode(options.get().value());
      return new RuntimeSettings(
          Optional.of(known.configPath()).filter(text -> !text.isEmpty()),
          Optional.of(new String(known.configBody(), StandardCharsets.UTF_8))
              .filter(text -> !text.isEmpty()));
    } catch (MalformedMessageException e) {
      throw new ShimException("the runtime options cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads the configuration.
   *
   * @param share the directory of shared files
   */
  Configuration load(Optional<String> share) throws ConfigurationException {
    return body.isPresent() && path.isEmpty()
        ? ConfigurationReader.read(List.of(new ConfigurationFile("ConfigBody", body.get())))
        : ConfigurationLoader.load(path, share);
  }
}
