package dev.bulkhead.runtime.container;

import dev.bulkhead.linux.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The directory that {@code --root} names, with a directory for each container in it.
 *
 * @param path absolute
 */
public record ContainerRoot(String path) {
  private static final int MAX_ID_LENGTH = 128;

  /**
   * The directory of a container, which need not exist.
   *
   * @throws ContainerException if the id is none
   */
  public ContainerDirectory directory(String id) {
    checkId(id);
    return new ContainerDirectory(path + "/" + id);
  }

  /**
   * The state of a container.
   *
   * @throws ContainerException if there is none of that id
   */
  public ContainerState state(String id) {
    return directory(id)
        .read()
        .orElseThrow(
            () ->
                new ContainerException(
                    "container '" + id + "' does not exist below '" + path + "'"));
  }

  /** The states of all containers, by id. */
  public List<ContainerState> list() {
    List<ContainerState> states = new ArrayList<>();
    if (Files.isDirectory(path)) {
      for (String name : Files.list(path)) {
        new ContainerDirectory(path + "/" + name).read().ifPresent(states::add);
      }
    }
    states.sort((a, b) -> a.id().compareTo(b.id()));
    return states;
  }

  /**
   * The states of all containers, without those that cannot be read: Docker keeps the states of
   * other runtimes' containers in the same place.
   */
  public List<ContainerState> listOwn() {
    List<ContainerState> states = new ArrayList<>();
    for (String name : Files.list(path)) {
      try {
        new ContainerDirectory(path + "/" + name).read().ifPresent(states::add);
      } catch (ContainerException e) {
        // Not ours, or damaged, which its own commands tell of.
      }
    }
    return states;
  }

  private static void checkId(String id) {
    boolean good = !id.isEmpty() && id.length() <= MAX_ID_LENGTH && id.charAt(0) != '.';
    for (int i = 0; good && i < id.length(); i++) {
      char c = id.charAt(i);
      good =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "_-.+".indexOf(c) >= 0;
    }
    if (!good) {
      throw new ContainerException(
          "'"
              + id
              + "' is no container ID: one has up to "
              + MAX_ID_LENGTH
              + " letters, digits and any of _-.+ and does not begin with a dot");
    }
  }
}
