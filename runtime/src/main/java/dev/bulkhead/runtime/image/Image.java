package dev.bulkhead.runtime.image;

import java.util.List;

/**
 * An image ready to run.
 *
 * @param root the directory of its root file system, which stays as it is
 * @param config what it says about its process
 */
public record Image(String root, Config config) {
  /**
   * What an image says about its process, see the OCI image specification.
   *
   * @param entrypoint the program with arguments that always come first
   * @param command what follows them unless the user says something else
   * @param environment NAME=VALUE each
   * @param user USER[:GROUP], by name or number; "" for root
   * @param workingDirectory "" for /
   */
  public record Config(
      List<String> entrypoint,
      List<String> command,
      List<String> environment,
      String user,
      String workingDirectory) {
    /** What a root file system without a word about its process means. */
    public static final Config NONE = new Config(List.of(), List.of(), List.of(), "", "");

    public Config {
      entrypoint = List.copyOf(entrypoint);
      command = List.copyOf(command);
      environment = List.copyOf(environment);
    }
  }
}
