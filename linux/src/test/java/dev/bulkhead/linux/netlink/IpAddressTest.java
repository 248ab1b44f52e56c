package dev.bulkhead.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IpAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "172.17.0.2",
        "255.255.255.255",
        "::",
        "::1",
        "fd00::2",
        "fe80::42:acff:fe11:2",
        "1:2:3:4:5:6:7:8",
        "1::8",
        "2001:db8:ffff::"
      })
  void readsAndWritesWhatJavaDoes(String text) throws UnknownHostException {
    InetAddress expected = InetAddress.getByName(text);
    IpAddress address = IpAddress.parse(text);
    assertEquals(expected.getHostAddress(), address.toString());
    assertEquals(address, IpAddress.of(expected.getAddress()));
    assertEquals(address, IpAddress.parse(address.toString()));
    assertEquals(expected.isLinkLocalAddress(), address.isLinkLocal());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.3.x",
        "0001.2.3.4",
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "g::",
        "1:2:3:4::5:6:7:8",
        "-1.2.3.4"
      })
  void refusesWhatIsNone(String text) {
    assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
  }

  @Test
  void readsPrefixes() {
    assertEquals("172.17.0.2/16", IpPrefix.parse("172.17.0.2/16").toString());
    assertEquals(32, IpPrefix.parse("172.17.0.2").length());
    assertEquals(128, IpPrefix.parse("::1").length());
    for (String bad : new String[] {"1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "/8"}) {
      assertThrows(IllegalArgumentException.class, () -> IpPrefix.parse(bad), bad);
    }
  }

  @Test
  void readsMacAddresses() {
    assertEquals("02:42:ac:11:00:02", MacAddress.parse("02:42:AC:11:00:02").toString());
    for (String bad :
        new String[] {"", "02:42:ac:11:00", "02-42-ac-11-00-02", "02:42:ac:11:00:0g"}) {
      assertThrows(IllegalArgumentException.class, () -> MacAddress.parse(bad), bad);
    }
  }

  @Test
  void knowsNamesOfInterfaces() {
    assertTrue(Link.isName("eth0"));
    assertTrue(Link.isName("a23456789012345"));
    for (String bad : new String[] {"", "a234567890123456", "a/b", "a b", ".", "..", "a%d", "ä"}) {
      assertFalse(Link.isName(bad), bad);
    }
  }

  @Test
  void networksOverlapWhereOneIsInTheOther() {
    assertEquals("172.17.0.0/16", IpPrefix.parse("172.17.1.100/16").network().toString());
    assertEquals("10.1.2.128/25", IpPrefix.parse("10.1.2.200/25").network().toString());
    assertEquals("0.0.0.0/0", IpPrefix.parse("10.1.2.200/0").network().toString());
    assertTrue(IpPrefix.parse("172.17.0.1/16").overlaps(IpPrefix.parse("172.17.1.100/24")));
    assertTrue(IpPrefix.parse("172.16.0.0/12").overlaps(IpPrefix.parse("172.17.0.1/16")));
    assertFalse(IpPrefix.parse("172.17.0.1/24").overlaps(IpPrefix.parse("172.17.1.1/24")));
    assertTrue(IpPrefix.parse("fd00::1/64").overlaps(IpPrefix.parse("fd00::2/127")));
    assertFalse(IpPrefix.parse("fd00::1/64").overlaps(IpPrefix.parse("0.0.0.0/0")));
  }
}
