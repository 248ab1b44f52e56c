package dev.bulkhead.runtime.network.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.linux.netlink.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class BridgeTest {
  @Test
  void readsPublishedPorts() {
    assertEquals(new PublishedPort(8080, 80, false), PublishedPort.parse("8080:80"));
    assertEquals(new PublishedPort(8080, 80, false), PublishedPort.parse("8080:80/tcp"));
    assertEquals(new PublishedPort(5353, 53, true), PublishedPort.parse("5353:53/udp"));
    for (String bad : List.of("", "80", "0:80", "80:0", "a:80", "80:65536", "1:2:3", "1:2/sctp")) {
      assertThrows(IllegalArgumentException.class, () -> PublishedPort.parse(bad), bad);
    }
  }

  @Test
  void keepsMembersInFiles() {
    Member member =
        new Member(7, List.of(PublishedPort.parse("8080:80"), PublishedPort.parse("53:53/udp")));
    assertEquals("8080:80/tcp\n53:53/udp\n", member.text());
    assertEquals(member, Member.parse(7, member.text()));
    assertEquals(new Member(8, List.of()), Member.parse(8, ""));
  }

  @Test
  void choosesWhatIsFree() {
    assertEquals(Optional.of(IpPrefix.parse("10.87.0.0/24")), BridgeAddresses.choose(List.of()));
    assertEquals(
        Optional.of(IpPrefix.parse("172.30.87.0/24")),
        BridgeAddresses.choose(List.of(IpPrefix.parse("10.0.0.0/8"))));
    assertEquals(
        Optional.empty(),
        BridgeAddresses.choose(
            List.of(
                IpPrefix.parse("10.0.0.0/8"),
                IpPrefix.parse("172.16.0.0/12"),
                IpPrefix.parse("192.168.0.0/16"))));
    assertTrue(
        BridgeAddresses.allTaken(
                List.of(IpPrefix.parse("0.0.0.0/1"), IpPrefix.parse("128.0.0.0/1")))
            .contains("10.87.0.0/24 with 0.0.0.0/1, "));
    IpPrefix local = BridgeAddresses.uniqueLocal(new byte[] {1, 2, 3, 4, 5});
    assertEquals("fd01:203:405:0:0:0:0:0/64", local.toString());
    assertEquals("fd01:203:405:0:0:0:0:2", BridgeAddresses.member(local, 2).toString());
    assertEquals(Optional.of(2), BridgeAddresses.free(Set.of()));
    assertEquals(Optional.of(4), BridgeAddresses.free(Set.of(2, 3, 5)));
    assertEquals("02:b4:0a:57:00:07", BridgeAddresses.mac(IpAddress.parse("10.87.0.7")).toString());
  }

  @Test
  void writesATableOfItsOwn() {
    String table =
        BridgeRules.tables(
            "bulkhead0",
            new BridgeNetworks(
                IpPrefix.parse("10.87.0.0/24"), Optional.of(IpPrefix.parse("fd01:2:3::/64"))),
            List.of(
                new Member(2, List.of(PublishedPort.parse("8080:80"))),
                new Member(3, List.of(PublishedPort.parse("53:5353/udp")))));
    assertEquals(
        """
        table ip bulkhead
        delete table ip bulkhead
        table ip bulkhead {
          chain guard {
            type filter hook prerouting priority raw;
            iifname "bulkhead0" ip daddr 127.0.0.0/8 drop
          }
          chain incoming {
            type nat hook prerouting priority dstnat;
            fib daddr type local jump ports
          }
          chain own {
            type nat hook output priority -100;
            fib daddr type local jump ports
          }
          chain outgoing {
            type nat hook postrouting priority srcnat;
            ip saddr 10.87.0.0/24 oifname != "bulkhead0" masquerade
            oifname "bulkhead0" ip saddr 127.0.0.0/8 masquerade
            oifname "bulkhead0" ip saddr 10.87.0.0/24 ct status dnat masquerade
          }
          chain ports {
            tcp dport 8080 dnat to 10.87.0.2:80
            udp dport 53 dnat to 10.87.0.3:5353
          }
        }
        table ip6 bulkhead
        delete table ip6 bulkhead
        table ip6 bulkhead {
          chain incoming {
            type nat hook prerouting priority dstnat;
            fib daddr type local jump ports
          }
          chain own {
            type nat hook output priority -100;
            ip6 daddr != ::1 fib daddr type local jump ports
          }
          chain outgoing {
            type nat hook postrouting priority srcnat;
            ip6 saddr fd01:2:3:0:0:0:0:0/64 oifname != "bulkhead0" masquerade
            oifname "bulkhead0" ip6 saddr fd01:2:3:0:0:0:0:0/64 ct status dnat masquerade
          }
          chain ports {
            tcp dport 8080 dnat to [fd01:2:3:0:0:0:0:2]:80
            udp dport 53 dnat to [fd01:2:3:0:0:0:0:3]:5353
          }
        }
        """,
        table);
    assertEquals("table ip bulkhead\ndelete table ip bulkhead\n", BridgeRules.remove(false));
  }

  @Test
  void findsAResolverOnTheLoopback() {
    assertEquals(
        Optional.of(IpAddress.parse("127.0.0.53")),
        HostResolver.onLoopback("# x\nnameserver 10.0.0.1\nnameserver\t127.0.0.53\noptions x\n"));
    assertEquals(
        Optional.empty(),
        HostResolver.onLoopback("nameserver fe80::1%eth0\nsearch 127.0.0.1\nnameserver 1.1.1.1"));
  }
}
