package dev.bulkhead.runtime.shim;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The command line that containerd gives a shim, in the form of Go's flags: one or two dashes, the
 * value behind a blank or an equals sign.
 *
 * @param namespace containerd's namespace of the container
 * @param address containerd's gRPC socket
 * @param id the container
 * @param bundle its bundle; empty for the working directory
 * @param debug whether containerd logs what helps to find errors
 */
record ShimCommandLine(
    Action action, String namespace, String address, String id, String bundle, boolean debug) {
  private static final List<String> VALUES =
      List.of("namespace", "address", "publish-binary", "id", "bundle", "socket");
  private static final List<String> SWITCHES = List.of("debug", "v", "info");

  /** What the program is to do. */
  enum Action {
    START,
    DELETE,
    VERSION,
    INFO
  }

  /** Reads the words behind the program's name. */
  static ShimCommandLine parse(List<String> words) throws ShimException {
    Map<String, String> values = new HashMap<>();
    int next = 0;
    while (next < words.size() && words.get(next).startsWith("-")) {
      String flag = words.get(next++);
      String name = flag.substring(flag.startsWith("--") ? 2 : 1);
      int equals = name.indexOf('=');
      String value = equals < 0 ? "" : name.substring(equals + 1);
      name = equals < 0 ? name : name.substring(0, equals);
      if (SWITCHES.contains(name)) {
        values.put(name, value.isEmpty() ? "true" : value);
      } else if (!VALUES.contains(name)) {
        throw new ShimException("the flag '" + flag + "' is unknown; containerd gives others");
      } else if (equals >= 0) {
        values.put(name, value);
      } else if (next == words.size()) {
        throw new ShimException("the flag '" + flag + "' has no value");
      } else {
        values.put(name, words.get(next++));
      }
    }
    return new ShimCommandLine(
        action(values, words.subList(next, words.size())),
        values.getOrDefault("namespace", ""),
        values.getOrDefault("address", ""),
        values.getOrDefault("id", ""),
        values.getOrDefault("bundle", ""),
        isSet(values, "debug"));
  }

  private static boolean isSet(Map<String, String> values, String name) {
    return values.getOrDefault(name, "false").equals("true");
  }

  private static Action action(Map<String, String> values, List<String> rest) throws ShimException {
    if (isSet(values, "v")) {
      return Action.VERSION;
    }
    if (isSet(values, "info")) {
      return Action.INFO;
    }
    Action action =
        switch (rest.size() == 1 ? rest.getFirst() : "") {
          case "start" -> Action.START;
          case "delete" -> Action.DELETE;
          default ->
              throw new ShimException(
                  "this program is started by containerd, with 'start' or 'delete'; let containerd"
                      + " use it as the runtime io.containerd.bulkhead.v2");
        };
    for (String needed : List.of("namespace", "address", "id")) {
      if (values.getOrDefault(needed, "").isEmpty()) {
        throw new ShimException("the flag -" + needed + " is missing");
      }
    }
    return action;
  }
}
