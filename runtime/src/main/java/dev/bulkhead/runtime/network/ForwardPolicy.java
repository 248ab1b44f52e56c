package dev.bulkhead.runtime.network;

import java.util.Optional;

/** What the host's rules do with packets that it forwards and that no rule names. */
public final class ForwardPolicy {
  private ForwardPolicy() {}

  /**
   * The chain that drops them, as "table ip filter, chain FORWARD".
   *
   * @param chains what {@code nft list chains} shows
   */
  public static Optional<String> dropping(String chains) {
    String table = "";
    String chain = "";
    int start = 0;
    while (start < chains.length()) {
      int end = chains.indexOf('\n', start);
      String line = chains.substring(start, end < 0 ? chains.length() : end).trim();
      if (line.startsWith("table ")) {
        table = name(line);
      } else if (line.startsWith("chain ")) {
        chain = name(line);
      } else if (line.contains(" hook forward ") && line.contains("policy drop")) {
        return Optional.of(table + ", " + chain);
      }
      start = end < 0 ? chains.length() : end + 1;
    }
    return Optional.empty();
  }

  private static String name(String line) {
    int brace = line.indexOf(" {");
    return brace < 0 ? line : line.substring(0, brace);
  }
}
