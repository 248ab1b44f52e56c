package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.container.ContainerException;

/** {@code spec}: a config.json to begin with. */
public final class SpecCommand {
  private SpecCommand() {}

  /**
   * Writes it into a bundle.
   *
   * @param directory the bundle's
   * @throws ContainerException if there is one already
   */
  public static void run(String directory, Spec spec) {
    String file = Bundle.absolute(directory, Files.currentDirectory()) + "/config.json";
    if (Files.exists(file)) {
      throw new ContainerException(
          "'" + file + "' exists already; remove it first, or name another directory by --bundle");
    }
    Files.replace(file, JsonWriter.indent("  ").string().object(spec.toJson()).done() + "\n", 0644);
  }
}
