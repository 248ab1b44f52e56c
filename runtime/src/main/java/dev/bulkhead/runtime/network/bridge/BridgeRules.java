package dev.bulkhead.runtime.network.bridge;

import dev.bulkhead.linux.netlink.IpPrefix;
import java.util.List;

/** The bridge's tables, as a script for nft(8) that replaces what was there before at once. */
final class BridgeRules {
  private static final String NAME = "bulkhead";

  private BridgeRules() {}

  /**
   * Removes the tables, if there are any. They hold nothing of anybody else.
   *
   * @param v6 whether the host has IPv6
   */
  static String remove(boolean v6) {
    return remove("ip") + (v6 ? remove("ip6") : "");
  }

  private static String remove(String family) {
    String table = "table " + family + " " + NAME + "\n";
    return table + "delete " + table;
  }

  /**
   * The tables for these members.
   *
   * @param bridge the interface's name
   */
  static String tables(String bridge, BridgeNetworks networks, List<Member> members) {
    StringBuilder script = new StringBuilder();
    String outside = " oifname != \"" + bridge + "\" masquerade";
    String inside = "oifname \"" + bridge + "\" ";
    open(script, "ip");
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
    chain(
        script,
        "outgoing",
        "type nat hook postrouting priority srcnat;",
        "ip saddr " + networks.v4() + outside,
        inside + "ip saddr 127.0.0.0/8 masquerade",
        inside + "ip saddr " + networks.v4() + " ct status dnat masquerade");
    ports(script, networks.v4(), members);
    if (networks.v6().isPresent()) {
      IpPrefix v6 = networks.v6().get();
      open(script, "ip6");
      chain(
          script,
          "incoming",
          "type nat hook prerouting priority dstnat;",
          "fib daddr type local jump ports");
      // No host routes ::1 to an interface.
      chain(
          script,
          "own",
          "type nat hook output priority -100;",
          "ip6 daddr != ::1 fib daddr type local jump ports");
      chain(
          script,
          "outgoing",
          "type nat hook postrouting priority srcnat;",
          "ip6 saddr " + v6 + outside,
          inside + "ip6 saddr " + v6 + " ct status dnat masquerade");
      ports(script, v6, members);
    }
    return script.toString();
  }

  private static void open(StringBuilder script, String family) {
    script.append(remove(family)).append("table ").append(family).append(' ').append(NAME);
    script.append(" {\n");
  }

  private static void ports(StringBuilder script, IpPrefix network, List<Member> members) {
    script.append("  chain ports {\n");
    for (Member member : members) {
      String address = BridgeAddresses.member(network, member.number()).toString();
      for (PublishedPort port : member.ports()) {
        script
            .append("    ")
            .append(port.protocol())
            .append(" dport ")
            .append(port.host())
            .append(" dnat to ")
            .append(address.indexOf(':') < 0 ? address : "[" + address + "]")
            .append(':')
            .append(port.guest())
            .append('\n');
      }
    }
    script.append("  }\n}\n");
  }

  private static void chain(StringBuilder script, String name, String hook, String... rules) {
    script.append("  chain ").append(name).append(" {\n    ").append(hook).append('\n');
    for (String rule : rules) {
      script.append("    ").append(rule).append('\n');
    }
    script.append("  }\n");
  }
}
