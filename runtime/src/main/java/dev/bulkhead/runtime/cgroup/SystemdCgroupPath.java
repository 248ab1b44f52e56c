package dev.bulkhead.runtime.cgroup;

/**
 * Cgroup paths in systemd's form, "slice:prefix:name", as runc has them: the scope
 * "prefix-name.scope" in a slice whose dashes are its levels (systemd.slice(5)).
 */
final class SystemdCgroupPath {
  private static final String DEFAULT_SLICE = "system.slice";

  private SystemdCgroupPath() {}

  /** The path in the hierarchy. */
  static String of(String path) {
    int first = path.indexOf(':');
    int second = path.indexOf(':', first + 1);
    if (first < 0 || second < 0 || path.indexOf(':', second + 1) >= 0) {
      throw new IllegalArgumentException(
          "linux.cgroupsPath '"
              + path
              + "' is not of the form slice:prefix:name, which --systemd-cgroup asks for");
    }
    String slice = first == 0 ? DEFAULT_SLICE : path.substring(0, first);
    String prefix = path.substring(first + 1, second);
    String name = path.substring(second + 1);
    String unit =
        name.endsWith(".slice") ? name : (prefix.isEmpty() ? "" : prefix + "-") + name + ".scope";
    return slicePath(slice) + "/" + unit;
  }

  private static String slicePath(String slice) {
    if (!slice.endsWith(".slice") || slice.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "'" + slice + "' in linux.cgroupsPath is no slice of systemd's, as machine.slice is");
    }
    String name = slice.substring(0, slice.length() - ".slice".length());
    if (name.equals("-")) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    for (int dash = name.indexOf('-'); dash >= 0; dash = name.indexOf('-', dash + 1)) {
      path.append('/').append(name, 0, dash).append(".slice");
    }
    return path.append('/').append(slice).toString();
  }
}
