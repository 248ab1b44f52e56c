package dev.bulkhead.runtime.setup;

import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.stand.StandProcess;
import java.util.List;
import java.util.Optional;

/**
 * The directory with the guest's kernel, its initrd, the shipped configuration and the small
 * program that a container's process is on the host.
 */
public final class SharedFiles {
  private static final String NAME = "share/bulkhead";
  private static final List<String> PREFIXES = List.of("/usr/local/", "/usr/");

  private SharedFiles() {}

  /** Looks beside the program's own directory, then under /usr/local/share and /usr/share. */
  public static Optional<String> find() {
    String program = Environment.executable();
    String bin = program.substring(0, program.lastIndexOf('/'));
    String beside = bin.substring(0, Math.max(0, bin.lastIndexOf('/'))) + "/" + NAME;
    if (Files.isDirectory(beside)) {
      return Optional.of(beside);
    }
    return PREFIXES.stream().map(prefix -> prefix + NAME).filter(Files::isDirectory).findFirst();
  }

  /**
   * The path of the program that stands for a guest's process on the host.
   *
   * @throws ContainerException if there are no shared files, or it is not among them
   */
  public static String containerProcess() {
    return find()
        .map(directory -> directory + "/" + StandProcess.PROGRAM)
        .filter(Files::exists)
        .orElseThrow(
            () ->
                new ContainerException(
                    StandProcess.PROGRAM
                        + " was not found: there is no share/bulkhead with it beside the program,"
                        + " under /usr/local or under /usr; install Bulkhead again (make install)"));
  }
}
