package dev.bulkhead.hypervisor.virtiofs;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Pipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An installed virtiofsd.
 *
 * @param path of the program
 * @param kind which of the two it is
 */
public record VirtiofsdProgram(String path, Kind kind) {
  /** The two programs of this name. */
  public enum Kind {
    /** QEMU's, until version 7. */
    C,
    /** The project of its own. */
    RUST
  }

  /** What a guest may keep of file contents and names without asking again. */
  public enum Cache {
    /** Nothing; what the host changes is seen at once. */
    NONE("none", "never"),
    /** For a second. */
    AUTO("auto", "auto"),
    /** As long as it likes; for files that only this guest changes. */
    ALWAYS("always", "always");

    private final String wordInC;
    private final String wordInRust;

    Cache(String wordInC, String wordInRust) {
      this.wordInC = wordInC;
      this.wordInRust = wordInRust;
    }

    /** The mode of a configuration's word, "none" or "never", "auto", "always". */
    public static Optional<Cache> named(String word) {
      for (Cache cache : values()) {
        if (cache.wordInC.equals(word) || cache.wordInRust.equals(word)) {
          return Optional.of(cache);
        }
      }
      return Optional.empty();
    }
  }

  // Outside of PATH, where Debian has them; on Debian 13 the first is a link to the second.
  private static final List<String> PLACES =
      List.of("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "virtiofsd");

  private static final long VERSION_TIMEOUT_MILLIS = 5_000;
  private static final int VERSION_LIMIT = 4096;

  /**
   * Finds virtiofsd and asks it for its version; the loop turns meanwhile.
   *
   * @param configured its path, or empty to look where distributions have it and in PATH
   * @throws HypervisorException if there is none, or it is something else
   */
  public static VirtiofsdProgram find(EventLoop loop, Optional<String> configured) {
    List<String> places = configured.map(List::of).orElse(PLACES);
    for (String place : places) {
      Optional<String> path = Environment.findProgram(place);
      if (path.isPresent()) {
        return new VirtiofsdProgram(path.get(), kind(path.get(), version(loop, path.get())));
      }
    }
    throw new HypervisorException(
        configured.orElse("virtiofsd")
            + " was not found; install the package virtiofsd, or on Debian 12 qemu-system-common");
  }

  private static String version(EventLoop loop, String path) {
    try (Pipe output = Pipe.open("version of " + path);
        ChildProcess process =
            ChildProcess.start(
                ChildProcess.Command.of(path, List.of("--version"))
                    .withDescriptors(Arrays.asList(null, output.writer(), null)));
        OutputDrain drain = new OutputDrain(loop, output.reader(), VERSION_LIMIT)) {
      output.writer().close();
      if (!loop.runUntil(drain::ended, VERSION_TIMEOUT_MILLIS)) {
        throw new HypervisorException(path + " does not tell its version");
      }
      process.await();
      return drain.tail().lastLines(VERSION_LIMIT);
    } catch (LinuxException e) {
      throw new HypervisorException("virtiofsd cannot be run: " + e.getMessage(), e);
    }
  }

  /** Tells the kinds apart by what they answer to --version. */
  static Kind kind(String path, String version) {
    // "virtiofsd version 7.2.22 (Debian …)" and "virtiofsd 1.13.2".
    if (version.startsWith("virtiofsd version ")) {
      return Kind.C;
    }
    if (version.startsWith("virtiofsd ")) {
      return Kind.RUST;
    }
    throw new HypervisorException("'" + path + "' is no virtiofsd");
  }

  /**
   * The arguments for a daemon.
   *
   * @param socket the descriptor of the listening socket
   * @param directory what to share, without a comma
   * @param extra of the user, last
   */
  List<String> arguments(int socket, String directory, Cache cache, List<String> extra) {
    List<String> arguments = new ArrayList<>();
    switch (kind) {
      case C ->
          arguments.addAll(
              List.of(
                  "-o",
                  "source="
                      + directory
                      + ",sandbox=chroot,xattr,announce_submounts,log_level=warn,cache="
                      + cache.wordInC));
      case RUST ->
          arguments.addAll(
              List.of(
                  "--shared-dir=" + directory,
                  "--sandbox=chroot",
                  "--xattr",
                  "--announce-submounts",
                  "--log-level=warn",
                  "--cache=" + cache.wordInRust));
    }
    arguments.add("--fd=" + socket);
    // The limit of open files is set before it starts.
    arguments.add("--rlimit-nofile=0");
    arguments.addAll(extra);
    return arguments;
  }
}
