package dev.bulkhead.runtime.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Where the configuration is looked for. */
public final class ConfigurationPlaces {
  /** The variable that names the file, if the command line does not. */
  public static final String VARIABLE = "BULKHEAD_CONF_FILE";

  private static final String SYSTEM_FILE = "/etc/bulkhead/configuration.toml";
  private static final String SHIPPED_NAME = "configuration.toml";

  private ConfigurationPlaces() {}

  /**
   * A place to look.
   *
   * @param demandedBy who named it, so that there has to be a file; empty for a usual place
   */
  public record Place(String path, Optional<String> demandedBy) {}

  /**
   * The places in their order: the first that has a file is the configuration.
   *
   * @param option the file of {@code --config}
   * @param variable the value of {@link #VARIABLE}
   * @param share the directory of the program's shared files
   */
  public static List<Place> places(
      Optional<String> option, Optional<String> variable, Optional<String> share) {
    if (option.isPresent()) {
      return List.of(new Place(option.get(), Optional.of("--config")));
    }
    if (variable.isPresent() && !variable.get().isEmpty()) {
      return List.of(new Place(variable.get(), Optional.of(VARIABLE)));
    }
    List<Place> places = new ArrayList<>();
    places.add(new Place(SYSTEM_FILE, Optional.empty()));
    share.ifPresent(
        directory -> places.add(new Place(directory + "/" + SHIPPED_NAME, Optional.empty())));
    return places;
  }

  /** The directory beside a configuration file whose files are read after it. */
  public static String dropInDirectory(String file) {
    int slash = file.lastIndexOf('/');
    return (slash < 0 ? "" : file.substring(0, slash + 1)) + "config.d";
  }

  /** Of the names in that directory those that are read, in their order. */
  public static List<String> dropIns(List<String> names) {
    List<String> dropIns = new ArrayList<>();
    for (String name : names) {
      if (name.endsWith(".toml") && !name.startsWith(".")) {
        dropIns.add(name);
      }
    }
    Collections.sort(dropIns);
    return dropIns;
  }
}
