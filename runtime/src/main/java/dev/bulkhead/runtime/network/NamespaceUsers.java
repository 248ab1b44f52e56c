package dev.bulkhead.runtime.network;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.Optional;

/**
 * Who lives in a network namespace: processes of containers on the host, whose network a machine
 * would take away. Programs of the host that are there for a moment to look or to set it up, as
 * {@code ip netns exec} starts them, do not count: they are in the PID namespace of this process.
 */
final class NamespaceUsers {
  private static final String PROCESSES = "/proc";

  private NamespaceUsers() {}

  /**
   * A process of a container.
   *
   * @param name as the kernel has it
   */
  record User(int pid, String name) {}

  /** Somebody in the network namespace that this process is in. */
  static Optional<User> find() {
    String network = Files.readLink(PROCESSES + "/self/ns/net");
    String processes = Files.readLink(PROCESSES + "/self/ns/pid");
    for (String entry : Files.list(PROCESSES)) {
      if (isNumber(entry) && isUser(PROCESSES + "/" + entry, network, processes)) {
        return Optional.of(
            new User(
                Integer.parseInt(entry),
                Files.readTextIfExists(PROCESSES + "/" + entry + "/comm").orElse("").trim()));
      }
    }
    return Optional.empty();
  }

  private static boolean isNumber(String entry) {
    return entry.charAt(0) >= '0' && entry.charAt(0) <= '9';
  }

  private static boolean isUser(String process, String network, String processes) {
    try {
      return Files.readLink(process + "/ns/net").equals(network)
          && !Files.readLink(process + "/ns/pid").equals(processes);
    } catch (LinuxException e) {
      // It has ended, or this process may not know.
      return false;
    }
  }
}
