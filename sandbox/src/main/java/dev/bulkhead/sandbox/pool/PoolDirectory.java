package dev.bulkhead.sandbox.pool;

import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.sandbox.template.TemplateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where keepers listen: a directory of one user, with one directory for each kind of machine and in
 * it a socket for each machine that is ready.
 *
 * @param path made when the first keeper listens
 */
public record PoolDirectory(String path) {
  private static final String KEY = "/key";
  private static final String SOCKET = ".sock";
  private static final String STAGE = "/stage";

  /**
   * Machines of a kind.
   *
   * @param name of its directory
   * @param description the machine, one property a line
   * @param sockets of the keepers whose machines are ready, or of killed ones
   */
  public record Kind(String name, String description, List<String> sockets) {
    public Kind {
      sockets = List.copyOf(sockets);
    }
  }

  /** Whether a keeper ever listened. */
  boolean exists() {
    return Files.isDirectory(path);
  }

  /**
   * Makes the place for machines of a kind, and in it a socket for one of them, named after its
   * path, which the caller removes.
   *
   * @param pid of the keeper
   */
  public Fd listen(TemplateKey key, int pid) {
    String directory = path + "/" + key.name();
    Files.makeDirectories(path, 0700);
    try (Fd lock = lock()) {
      Files.makeDirectories(directory, 0700);
      Files.replace(directory + KEY, key.description(), 0600);
      return UnixSocket.listen(directory + "/" + pid + SOCKET);
    }
  }

  /** Else a place could be swept away before its first socket is there. */
  private Fd lock() {
    Fd directory = Files.open(path, Open.O_RDONLY | Open.O_DIRECTORY);
    directory.lock(true);
    return directory;
  }

  /** A directory for each keeper to mount on, in a mount namespace of its own. */
  public String prepareStage() {
    Files.makeDirectories(path + STAGE, 0700);
    return path + STAGE;
  }

  /** Removes what killed keepers left, and the directories of kinds of which there are none. */
  public void sweep() {
    if (!exists()) {
      return;
    }
    try (Fd lock = lock()) {
      list().forEach(this::sweep);
    }
  }

  private void sweep(Kind kind) {
    String directory = path + "/" + kind.name();
    boolean used = false;
    for (String socket : kind.sockets()) {
      boolean alive = Files.exists("/proc/" + keeper(socket));
      used |= alive;
      if (!alive) {
        Files.removeIfExists(socket);
      }
    }
    if (!used) {
      Files.removeTree(directory);
    }
  }

  /** The process id of the keeper that listens there. */
  private static String keeper(String socket) {
    return socket.substring(socket.lastIndexOf('/') + 1, socket.length() - SOCKET.length());
  }

  /** The machines of this kind. */
  Optional<Kind> find(TemplateKey key) {
    // Two kinds may share a name.
    return kind(key.name()).filter(kind -> kind.description().equals(key.description()));
  }

  /** All kinds of which there are machines, or were. */
  public List<Kind> list() {
    List<Kind> kinds = new ArrayList<>();
    if (exists()) {
      Files.list(path).forEach(name -> kind(name).ifPresent(kinds::add));
    }
    return kinds;
  }

  private Optional<Kind> kind(String name) {
    String directory = path + "/" + name;
    try {
      return Files.readTextIfExists(directory + KEY)
          .map(description -> new Kind(name, description, sockets(directory)));
    } catch (LinuxException e) {
      // It was swept away meanwhile.
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static List<String> sockets(String directory) {
    return Files.list(directory).stream()
        .filter(file -> file.endsWith(SOCKET))
        .map(file -> directory + "/" + file)
        .toList();
  }
}
