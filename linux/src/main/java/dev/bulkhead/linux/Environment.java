package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the process was started with. */
public final class Environment {
  private static final int LIMIT = 16 << 20;

  private Environment() {}

  /** The value of an environment variable. */
  public static Optional<String> variable(String name) {
    byte[] bytes = CString.of(name);
    return Optional.ofNullable(CString.read(Libc.getenv(org.teavm.interop.Address.ofData(bytes))));
  }

  /** All variables, as NAME=VALUE. */
  public static List<String> all() {
    return zeroSeparated("/proc/self/environ");
  }

  /**
   * The command line with the program's name first, as UTF-8 whatever the locale says (the
   * runtime's own main arguments went through the locale).
   */
  public static List<String> commandLine() {
    return zeroSeparated("/proc/self/cmdline");
  }

  /** The file of the running program. */
  public static String executable() {
    return Files.readLink("/proc/self/exe");
  }

  /** The first executable file called {@code program} in the directories of PATH. */
  public static Optional<String> findProgram(String program) {
    if (program.indexOf('/') >= 0) {
      return isExecutable(program) ? Optional.of(program) : Optional.empty();
    }
    String path =
        variable("PATH").orElse("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    int start = 0;
    while (start <= path.length()) {
      int end = path.indexOf(':', start);
      if (end < 0) {
        end = path.length();
      }
      String candidate = path.substring(start, end) + "/" + program;
      if (candidate.startsWith("/") && isExecutable(candidate)) {
        return Optional.of(candidate);
      }
      start = end + 1;
    }
    return Optional.empty();
  }

  private static boolean isExecutable(String path) {
    try {
      return Files.statusIfExists(path)
          .map(status -> status.isRegular() && (status.mode() & 0111) != 0)
          .orElse(false);
    } catch (LinuxException e) {
      // A directory that this process may not look into has nothing for it.
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      return false;
    }
  }

  private static List<String> zeroSeparated(String path) {
    byte[] bytes = Files.read(path, LIMIT);
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        parts.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    return parts;
  }
}
