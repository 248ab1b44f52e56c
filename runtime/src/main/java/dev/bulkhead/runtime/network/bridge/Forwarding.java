package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.Files;

/** The host's switches for packets that are not its own. */
final class Forwarding {
  private static final String V4 = "/proc/sys/net/ipv4/ip_forward";
  private static final String V6 = "/proc/sys/net/ipv6/conf";
  private static final String V6_ALL = V6 + "/all/forwarding";

  private Forwarding() {}

  /** The host forwards from now on; others may come to rely on it, so it stays. */
  static void allow(boolean v6) {
    switchOn(V4);
    if (v6 && isOff(V6_ALL)) {
      for (String link : Files.list(V6)) {
        // A host that forwards takes no routes from routers, unless it is told to by a 2.
        String fromRouters = V6 + "/" + link + "/accept_ra";
        if (Files.readText(fromRouters).trim().equals("1")) {
          Files.writeExisting(fromRouters, "2");
        }
      }
      switchOn(V6_ALL);
    }
  }

  private static boolean isOff(String file) {
    return !Files.readText(file).trim().equals("1");
  }

  private static void switchOn(String file) {
    if (isOff(file)) {
      Files.writeExisting(file, "1");
    }
  }
}
