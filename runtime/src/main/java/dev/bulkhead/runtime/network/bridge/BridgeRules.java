package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.netlink.IpPrefix;
import java.util.List;

/** The bridge's table, as a script for nft(8) that replaces what was there before at once. */
final class BridgeRules {
  /** The table, which holds nothing of anybody else. */
  static final String TABLE = "ip bulkhead";

  /** Removes the table, if there is one. */
  static final String REMOVE = "table " + TABLE + "\ndelete table " + TABLE + "\n";

  private BridgeRules() {}

  /**
   * The table for these members.
   *
   * @param bridge the interface's name
   * @param network of the members' addresses
   */
  static String table(String bridge, IpPrefix network, List<Member> members) {
    StringBuilder script = new StringBuilder(REMOVE);
    script.append("table ").append(TABLE).append(" {\n");
    // Published ports are reached at 127.0.0.1 too, for which the bridge routes that network; from
    // the bridge nobody may come that way.
    chain(
        script,
        "guard",
        "type filter hook prerouting priority raw;",
        "iifname \"" + bridge + "\" ip daddr 127.0.0.0/8 drop");
    chain(
        script,
        "incoming",
        "type nat hook prerouting priority dstnat;",
        "fib daddr type local jump ports");
    chain(script, "own", "type nat hook output priority -100;", "fib daddr type local jump ports");
    String outside = " oifname != \"" + bridge + "\"";
    chain(
        script,
        "outgoing",
        "type nat hook postrouting priority srcnat;",
        "ip saddr " + network + outside + " masquerade",
        "oifname \"" + bridge + "\" ip saddr 127.0.0.0/8 masquerade",
        "oifname \"" + bridge + "\" ip saddr " + network + " ct status dnat masquerade");
    script.append("  chain ports {\n");
    for (Member member : members) {
      for (PublishedPort port : member.ports()) {
        script
            .append("    ")
            .append(port.protocol())
            .append(" dport ")
            .append(port.host())
            .append(" dnat to ")
            .append(BridgeAddresses.member(network, member.number()))
            .append(':')
            .append(port.guest())
            .append('\n');
      }
    }
    return script.append("  }\n}\n").toString();
  }

  private static void chain(StringBuilder script, String name, String hook, String... rules) {
    script.append("  chain ").append(name).append(" {\n    ").append(hook).append('\n');
    for (String rule : rules) {
      script.append("    ").append(rule).append('\n');
    }
    script.append("  }\n");
  }
}
