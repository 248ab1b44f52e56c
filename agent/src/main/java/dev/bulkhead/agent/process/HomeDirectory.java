package dev.bulkhead.agent.process;

import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import java.nio.charset.StandardCharsets;

/** A user's home directory by the root's /etc/passwd, see passwd(5). */
final class HomeDirectory {
  private static final String NONE = "/";
  private static final int LIMIT = 1 << 20;
  private static final int UID_FIELD = 2;
  private static final int HOME_FIELD = 5;

  private HomeDirectory() {}

  /** The home of a user; "/" for one who has none, or if there is no such file. */
  static String of(int uid) {
    try (RootDirectory root = new RootDirectory(Files.open("/", Open.O_PATH | Open.O_DIRECTORY))) {
      return root.readIfExists("/etc/passwd", LIMIT)
          .map(bytes -> find(new String(bytes, StandardCharsets.UTF_8), uid))
          .orElse(NONE);
    }
  }

  static String find(String passwd, int uid) {
    String wanted = Integer.toUnsignedString(uid);
    int start = 0;
    while (start < passwd.length()) {
      int end = passwd.indexOf('\n', start);
      if (end < 0) {
        end = passwd.length();
      }
      String line = passwd.substring(start, end);
      if (field(line, UID_FIELD).equals(wanted)) {
        String home = field(line, HOME_FIELD);
        return home.isEmpty() ? NONE : home;
      }
      start = end + 1;
    }
    return NONE;
  }

  /** A field between colons; "" if the line has fewer. */
  private static String field(String line, int number) {
    int start = 0;
    for (int i = 0; i < number; i++) {
      int colon = line.indexOf(':', start);
      if (colon < 0) {
        return "";
      }
      start = colon + 1;
    }
    int end = line.indexOf(':', start);
    return end < 0 ? line.substring(start) : line.substring(start, end);
  }
}
