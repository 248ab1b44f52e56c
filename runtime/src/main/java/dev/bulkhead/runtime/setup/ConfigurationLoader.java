package dev.bulkhead.runtime.setup;

import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.config.ConfigurationFile;
import dev.bulkhead.runtime.config.ConfigurationPlaces;
import dev.bulkhead.runtime.config.ConfigurationReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds and reads the configuration. */
public final class ConfigurationLoader {
  private ConfigurationLoader() {}

  /**
   * Reads the first file that there is of those that may be the configuration, and its drop-ins.
   *
   * @param option the file of {@code --config}
   * @param share the directory of shared files
   */
  public static Configuration load(Optional<String> option, Optional<String> share)
      throws ConfigurationException {
    for (ConfigurationPlaces.Place place :
        ConfigurationPlaces.places(
            option, Environment.variable(ConfigurationPlaces.VARIABLE), share)) {
      if (Files.exists(place.path())) {
        return ConfigurationReader.read(filesOf(place.path()));
      }
      if (place.demandedBy().isPresent()) {
        throw new ConfigurationException(
            "the configuration file '"
                + place.path()
                + "', which "
                + place.demandedBy().get()
                + " names, does not exist");
      }
    }
    return ConfigurationReader.read(List.of());
  }

  private static List<ConfigurationFile> filesOf(String main) throws ConfigurationException {
    List<ConfigurationFile> files = new ArrayList<>();
    files.add(read(main));
    String directory = ConfigurationPlaces.dropInDirectory(main);
    if (Files.isDirectory(directory)) {
      for (String name : ConfigurationPlaces.dropIns(Files.list(directory))) {
        files.add(read(directory + "/" + name));
      }
    }
    return files;
  }

  private static ConfigurationFile read(String path) throws ConfigurationException {
    try {
      return new ConfigurationFile(path, Files.readText(path));
    } catch (LinuxException e) {
      throw new ConfigurationException(
          "the configuration file '" + path + "' cannot be read: " + e.reason(), e);
    }
  }
}
