package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.ArrayList;
import java.util.List;

/**
 * A bundle: a directory with a configuration and, mostly, a root file system.
 *
 * @param path absolute
 * @param spec the configuration, with absolute paths of the host
 */
public record Bundle(String path, Spec spec) {
  private static final String CONFIG = "/config.json";
  private static final int CONFIG_LIMIT = 8 << 20;

  /**
   * Reads a bundle.
   *
   * @param given its path, absolute or from the working directory
   * @throws ContainerException if it is none, or its configuration makes no sense
   */
  public static Bundle load(String given) {
    String path = absolute(given, Files.currentDirectory());
    if (!Files.isDirectory(path)) {
      throw new ContainerException("the bundle '" + path + "' is no directory");
    }
    return new Bundle(path, resolve(check(read(path + CONFIG)), path));
  }

  /** Whether there is a configuration in a directory. */
  public static boolean isIn(String path) {
    return Files.exists(path + CONFIG);
  }

  /** Writes a configuration into a directory. */
  public static void write(String path, Spec spec) {
    Files.replace(path + CONFIG, JsonWriter.string(spec.toJson()), 0644);
  }

  /** A path from {@code directory} on, unless it is absolute itself. */
  static String absolute(String path, String directory) {
    if (path.startsWith("/")) {
      return path;
    }
    return path.equals(".") ? directory : directory + "/" + path;
  }

  private static Spec read(String config) {
    String text;
    try {
      text = new String(Files.read(config, CONFIG_LIMIT), java.nio.charset.StandardCharsets.UTF_8);
    } catch (LinuxException e) {
      throw new ContainerException(
          "the configuration '" + config + "' cannot be read: " + e.reason(), e);
    }
    try {
      JsonObject json = JsonParser.object().from(text);
      return Spec.fromJson(json, "");
    } catch (JsonParserException e) {
      throw new ContainerException(
          "the configuration '" + config + "' is no JSON: " + e.getMessage(), e);
    } catch (InvalidJsonException e) {
      throw new ContainerException(
          "the configuration '" + config + "' is wrong: " + e.getMessage(), e);
    }
  }

  private static Spec check(Spec spec) {
    if (!spec.ociVersion().startsWith("1.")) {
      throw new ContainerException(
          "ociVersion is '"
              + spec.ociVersion()
              + "', but this runtime knows version 1 of the OCI runtime specification only");
    }
    if (!spec.hasProcess()) {
      throw new ContainerException("config.json has no process");
    }
    if (!spec.hasRoot() || spec.root().path().isEmpty()) {
      throw new ContainerException("config.json has no root.path");
    }
    if (spec.process().args().isEmpty()) {
      throw new ContainerException(
          "process.args in config.json is empty: it names the program to run");
    }
    if (!spec.process().cwd().startsWith("/")) {
      throw new ContainerException(
          "process.cwd in config.json is '" + spec.process().cwd() + "', which is not absolute");
    }
    return spec;
  }

  private static Spec resolve(Spec spec, String directory) {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : spec.mounts()) {
      boolean bind =
          mount.type().equals("bind")
              || mount.options().contains("bind")
              || mount.options().contains("rbind");
      mounts.add(bind ? mount.withSource(absolute(mount.source(), directory)) : mount);
    }
    String root = absolute(spec.root().path(), directory);
    if (!Files.isDirectory(root)) {
      throw new ContainerException("root.path '" + root + "' is no directory");
    }
    return spec.withRoot(spec.root().withPath(root)).withMounts(mounts);
  }
}
