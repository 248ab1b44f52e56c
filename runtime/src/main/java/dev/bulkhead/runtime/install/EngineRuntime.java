package dev.bulkhead.runtime.install;

/**
 * A runtime as an engine's settings name it.
 *
 * @param name what users write behind {@code --runtime}
 * @param program the absolute path of the program
 */
public record EngineRuntime(String name, String program) {
  /** The name that containerd and CRI-O give to the runtime of untrusted pods. */
  static final String UNTRUSTED = "untrusted";

  private static final String OWN_NAME = "bulkhead";
  private static final String SHIM = "containerd-shim-bulkhead-v2";

  public EngineRuntime {
    if (!isName(name)) {
      throw new SettingsException(
          "'"
              + name
              + "' is no name for a runtime: letters, digits, '-', '_' and '.' are possible, and a"
              + " letter or digit has to be first");
    }
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!word && (i == 0 || "-_.".indexOf(c) < 0)) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** The shim, which is installed beside the program. */
  String shim() {
    return program.substring(0, program.lastIndexOf('/') + 1) + SHIM;
  }

  /** Whether a path is this program's, here or where it was installed before. */
  boolean isOwn(String path) {
    return path.equals(program) || path.endsWith("/" + OWN_NAME);
  }
}
