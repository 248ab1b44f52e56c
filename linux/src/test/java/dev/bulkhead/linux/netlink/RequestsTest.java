package dev.bulkhead.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Bytes by the kernel's headers; those of filters are what iproute2 6.1 was seen to send. */
final class RequestsTest {
  private static void assertBytes(String expected, byte[] request) {
    assertEquals(expected.replace(" ", ""), HexFormat.of().formatHex(request));
  }

  @Test
  void asksForTheInterfaces() {
    assertBytes(
        "20000000 1200 0103 00000000 00000000" + "00000000 00000000 00000000 00000000",
        Requests.links());
  }

  @Test
  void changesAnInterface() {
    String header = " 1000 0500 00000000 00000000 00000000 07000000 ";
    assertBytes("20000000" + header + "01000000 01000000", Requests.setFlags(7, Link.UP, Link.UP));
    assertBytes(
        "2c000000" + header + "00000000 00000000 0900 0300 6574683000000000",
        Requests.rename(7, "eth0"));
    assertBytes(
        "28000000" + header + "00000000 00000000 0800 0400 78050000", Requests.setMtu(7, 1400));
    assertBytes(
        "2c000000" + header + "00000000 00000000 0a00 0100 0242ac1100020000",
        Requests.setMac(7, MacAddress.parse("02:42:ac:11:00:02")));
  }

  @Test
  void movesAnInterface() {
    assertBytes(
        "34000000 1000 0500 00000000 00000000 00000000 07000000 00000000 00000000"
            + "0900 0300 6574683000000000 0800 1c00 05000000",
        Requests.move(7, 5, "eth0"));
  }

  @Test
  void givesAnInterfaceAddresses() {
    assertBytes(
        "30000000 1400 0505 00000000 00000000 02 10 00 00 05000000"
            + "0800 0200 ac110002 0800 0100 ac110002 0800 0400 ac11ffff",
        Requests.addAddress(new Address(5, IpPrefix.parse("172.17.0.2/16"), 0)));
    assertBytes(
        "28000000 1400 0505 00000000 00000000 02 20 00 00 05000000"
            + "0800 0200 ac110002 0800 0100 ac110002",
        Requests.addAddress(new Address(5, IpPrefix.parse("172.17.0.2"), 0)));
    assertBytes(
        "48000000 1400 0505 00000000 00000000 0a 40 00 00 05000000"
            + "1400 0200 fd000000000000000000000000000002"
            + "1400 0100 fd000000000000000000000000000002 0800 0800 02000000",
        Requests.addAddress(new Address(5, IpPrefix.parse("fd00::2/64"), 0)));
  }

  @Test
  void makesRoutes() {
    assertBytes(
        "2c000000 1800 0505 00000000 00000000 02 00 00 00 fe 03 00 01 00000000"
            + "0800 0500 ac110001 0800 0400 05000000",
        Requests.putRoute(
            new Route(
                new IpPrefix(IpAddress.Family.V4.any(), 0),
                Optional.of(IpAddress.parse("172.17.0.1")),
                5,
                Optional.empty(),
                0,
                Route.UNICAST,
                Route.MAIN_TABLE,
                Route.BY_BOOT,
                0,
                0,
                0)));
    assertBytes(
        "48000000 1800 0505 00000000 00000000 02 18 00 00 fe 04 fd 01 04000000"
            + "0800 0100 0a010200 0800 0700 0a010203 0800 0400 05000000 0800 0600 64000000"
            + "0c00 0800 0800 0200 78050000",
        Requests.putRoute(
            new Route(
                IpPrefix.parse("10.1.2.0/24"),
                Optional.empty(),
                5,
                Optional.of(IpAddress.parse("10.1.2.3")),
                253,
                Route.UNICAST,
                Route.MAIN_TABLE,
                Route.BY_ADMINISTRATOR,
                Route.ON_LINK,
                100,
                1400)));
  }

  @Test
  void notesNeighboursDown() {
    assertBytes(
        "30000000 1c00 0505 00000000 00000000 02000000 05000000 8000 00 00"
            + "0800 0100 a9fe0101 0a00 0200 eeeeeeeeeeee0000",
        Requests.putNeighbour(
            new Neighbour(
                5,
                IpAddress.parse("169.254.1.1"),
                Optional.of(MacAddress.parse("ee:ee:ee:ee:ee:ee")),
                Neighbour.PERMANENT,
                0)));
  }

  @Test
  void joinsInterfaces() {
    assertBytes(
        "30000000 2400 0506 00000000 00000000 00000000 04000000 0000ffff f1ffffff 00000000"
            + "0c00 0100 696e677265737300",
        Requests.addIngress(4));
    assertBytes(
        "30000000 2500 0500 00000000 00000000 00000000 04000000 0000ffff f1ffffff 00000000"
            + "0c00 0100 696e677265737300",
        Requests.removeIngress(4));
    assertBytes(
        "98000000 2c00 0506 00000000 00000000 00000000 04000000 00000000 0000ffff 00030300"
            + "0800 0100 75333200 6c00 0200"
            + "4400 0700 4000 0100 0b00 0100 6d69727265640000"
            + "2400 0280 2000 0200 00000000 00000000 04000000 00000000 00000000 01000000 03000000"
            + "0c00 0600 62756c6b68656164"
            + "2400 0500 01000100 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
        Requests.redirect(4, 3));
  }

  @Test
  void makesABridge() {
    assertBytes(
        "38000000 1000 0506 00000000 00000000 00000000 00000000 00000000 00000000"
            + "0800 0300 62723000 1000 1200 0b00 0100 6272696467650000",
        Requests.addBridge("br0"));
    assertBytes(
        "28000000 1000 0500 00000000 00000000 00000000 04000000 00000000 00000000"
            + "0800 0a00 07000000",
        Requests.setMaster(4, 7));
    assertBytes(
        "20000000 1100 0500 00000000 00000000 00000000 04000000 00000000 00000000",
        Requests.removeLink(4));
  }

  @Test
  void makesAMacvtap() {
    assertBytes(
        "4c000000 1000 0506 00000000 00000000 00000000 00000000 00000000 00000000"
            + "0700 0300 74300000 0800 0500 04000000"
            + "1c00 1200 0c00 0100 6d61637674617000 0c00 0200 0800 0100 08000000",
        Requests.addMacvtap("t0", 4));
  }

  @Test
  void sharesSomeOfWhatIsReceived() {
    assertBytes(
        "98000000 2c00 0506 00000000 00000000 00000000 04000000 00000000 0000ffff 08060100"
            + "0800 0100 75333200 6c00 0200"
            + "4400 0700 4000 0100 0b00 0100 6d69727265640000"
            + "2400 0280 2000 0200 00000000 00000000 00000000 00000000 00000000 02000000 03000000"
            + "0c00 0600 62756c6b68656164"
            + "2400 0500 01000100 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
        Requests.mirrorArp(4, 3));
    assertBytes(
        "84000000 2c00 0506 00000000 00000000 00000000 04000000 00000000 0000ffff 08000200"
            + "0800 0100 75333200 5800 0200 5400 0500"
            + "01000400 00000000 00000000 00000000"
            + "ff000000 45000000 00000000 00000000"
            + "00001fff 00000000 04000000 00000000"
            + "00ff0000 00110000 08000000 00000000"
            + "fffff000 0035f000 14000000 00000000",
        Requests.receive(4, 17, 53, 0xf000));
  }
}
