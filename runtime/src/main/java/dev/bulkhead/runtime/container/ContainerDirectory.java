package dev.bulkhead.runtime.container;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.util.Optional;

/**
 * A container's directory below the root: its state, its monitor's socket, its sandbox's files.
 *
 * @param path absolute
 */
public record ContainerDirectory(String path) {
  private static final String STATE = "/state.json";
  private static final String SOCKET = "/monitor.sock";

  /**
   * Makes the directory.
   *
   * @throws ContainerException if there is a container of that id
   */
  public void make(String id) {
    Files.makeDirectories(path.substring(0, path.lastIndexOf('/')), 0711);
    try {
      Files.makeDirectory(path, 0700);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        throw new ContainerException(
            "container ID '" + id + "' is in use already; delete that container or choose another",
            e);
      }
      throw e;
    }
  }

  /** Writes the state, so that a reader sees the old or the new one, whole. */
  public void write(ContainerState state) {
    Files.replace(path + STATE, state.toText(), 0600);
  }

  /** The state, if there is a container. */
  public Optional<ContainerState> read() {
    Optional<String> text = Files.readTextIfExists(path + STATE);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(ContainerState.fromText(text.get()));
    } catch (InvalidJsonException e) {
      throw new ContainerException(
          "the state file '"
              + path
              + STATE
              + "' is damaged ("
              + e.getMessage()
              + "); delete the container with --force",
          e);
    }
  }

  public boolean exists() {
    return Files.exists(path);
  }

  /** Removes all of it. */
  public void remove() {
    Files.removeTree(path);
  }

  /** Makes the monitor's socket. */
  public Fd listen() {
    // By way of the open directory, because an address holds 107 bytes only.
    try (Fd directory = Files.open(path, Open.O_PATH | Open.O_DIRECTORY)) {
      return UnixSocket.listen(directory.procPath() + SOCKET);
    }
  }

  /** Connects to the monitor, if one listens. */
  public Optional<Fd> connect() {
    if (!Files.isDirectory(path)) {
      return Optional.empty();
    }
    try (Fd directory = Files.open(path, Open.O_PATH | Open.O_DIRECTORY)) {
      return UnixSocket.connectIfListening(directory.procPath() + SOCKET);
    }
  }
}
