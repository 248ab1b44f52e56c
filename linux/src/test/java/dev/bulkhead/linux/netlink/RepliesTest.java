package dev.bulkhead.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RepliesTest {
  private static final String DONE = "14000000 0300 0200 07000000 00000000 00000000";

  private static <T> List<T> read(String hex, Replies.Adder<T> adder) {
    List<T> list = new ArrayList<>();
    byte[] bytes = bytes(hex + DONE);
    Replies.Progress progress =
        Replies.read(
            bytes,
            bytes.length,
            7,
            new Replies.Receiver() {
              @Override
              public void message(int type, MessageReader content) {
                adder.add(type, content, list);
              }

              @Override
              public void refused(int errno) {
                throw new IllegalStateException("errno " + errno);
              }
            });
    assertEquals(Replies.Progress.COMPLETE, progress);
    return list;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static final String LINK =
      "50000000 1000 0200 07000000 00000000 00000100 05000000 43100100 00000000"
          + "0900 0300 6574683000000000 0800 0400 dc050000 0a00 0100 0242ac1100020000"
          + "1000 1280 0900 0100 7665746800000000";

  @Test
  void readsInterfaces() {
    assertEquals(
        List.of(
            new Link(
                5,
                "eth0",
                1,
                0x11043,
                1500,
                Optional.of(MacAddress.parse("02:42:ac:11:00:02")),
                "veth")),
        read(LINK, Replies::addLink));
  }

  @Test
  void readsWhatIsBelowAnInterfaceAndAbove() {
    String below = "0800 0500 04000000";
    String stacked =
        LINK.replace("50000000 1000", "60000000 1000").replace("766574680", "766c616e0")
            + below
            + "0800 0a00 02000000";
    Link vlan = read(stacked, Replies::addLink).getFirst();
    assertEquals("vlan 4 2", vlan.kind() + " " + vlan.lower() + " " + vlan.master());
    String elsewhere = stacked.replace("60000000 1000", "68000000 1000") + "0800 2500 00000000";
    assertEquals(0, read(elsewhere, Replies::addLink).getFirst().lower());
    // A veth's other end is not below it.
    String pair = LINK.replace("50000000 1000", "58000000 1000") + below;
    assertEquals(0, read(pair, Replies::addLink).getFirst().lower());
  }

  @Test
  void passesOverAnswersToOthers() {
    String other = LINK.replace("0200 07000000", "0200 08000000");
    assertEquals(List.of(), read(other, Replies::addLink));
  }

  @Test
  void readsAddressesOfBothKinds() {
    assertEquals(
        List.of(
            new Address(5, IpPrefix.parse("172.17.0.2/16"), 0),
            new Address(5, IpPrefix.parse("fe80::42:acff:fe11:2/64"), 253)),
        read(
            "28000000 1400 0200 07000000 00000000 02 10 80 00 05000000"
                + "0800 0100 ac110003 0800 0200 ac110002"
                + "2c000000 1400 0200 07000000 00000000 0a 40 80 fd 05000000"
                + "1400 0100 fe80000000000000 0042acfffe110002",
            Replies::addAddress));
  }

  @Test
  void readsRoutes() {
    assertEquals(
        List.of(
            new Route(
                IpPrefix.parse("0.0.0.0/0"),
                Optional.of(IpAddress.parse("172.17.0.1")),
                5,
                Optional.empty(),
                0,
                Route.UNICAST,
                1000,
                Route.BY_BOOT,
                0,
                100,
                1400)),
        read(
            "48000000 1800 0200 07000000 00000000 02 00 00 00 fc 03 00 01 00000000"
                + "0800 0f00 e8030000 0800 0500 ac110001 0800 0400 05000000"
                + "0800 0600 64000000 0c00 0800 0800 0200 78050000",
            Replies::addRoute));
  }

  @Test
  void readsNeighbours() {
    assertEquals(
        List.of(
            new Neighbour(
                5,
                IpAddress.parse("169.254.1.1"),
                Optional.of(MacAddress.parse("ee:ee:ee:ee:ee:ee")),
                Neighbour.PERMANENT,
                0)),
        read(
            "30000000 1c00 0200 07000000 00000000 02000000 05000000 8000 00 01"
                + "0800 0100 a9fe0101 0a00 0200 eeeeeeeeeeee0000",
            Replies::addNeighbour));
  }

  @Test
  void readsWhoseFiltersAre() {
    assertEquals(
        List.of("", "bulkhead"),
        read(
            "38000000 2c00 0200 07000000 00000000 00000000 04000000 00000080 f1ffffff 00030300"
                + "0800 0100 75333200 0c00 0200 0800 0100 01000000"
                + "50000000 2c00 0200 07000000 00000000 00000000 04000000 00080080 f1ffffff 00030300"
                + "0800 0100 75333200 2400 0200 2000 0700 1c00 0100 0b00 0100 6d69727265640000"
                + "0c00 0600 62756c6b68656164",
            Replies::addFilter));
  }

  @Test
  void tellsWhatWasRefused() {
    byte[] refusal =
        bytes("24000000 0200 0000 07000000 00000000 efffffff 10000000 10000500 07000000 00000000");
    List<Integer> errnos = new ArrayList<>();
    Replies.Receiver receiver =
        new Replies.Receiver() {
          @Override
          public void message(int type, MessageReader content) {
            throw new IllegalStateException("type " + type);
          }

          @Override
          public void refused(int errno) {
            errnos.add(errno);
          }
        };
    assertEquals(Replies.Progress.COMPLETE, Replies.read(refusal, refusal.length, 7, receiver));
    assertEquals(List.of(17), errnos);
  }

  @Test
  void refusesLengthsThatDoNotFit() {
    // Every byte of the lengths of message, attribute and nested attribute, in turn.
    byte[] good = bytes(LINK);
    for (int offset : new int[] {0, 1, 2, 3, 32, 33, 44, 52, 64, 68}) {
      for (int value : new int[] {1, 3, 0x7f, 0xff}) {
        byte[] bad = good.clone();
        bad[offset] = (byte) value;
        List<Link> links = new ArrayList<>();
        try {
          Replies.read(bad, bad.length, 7, adding(links));
        } catch (IllegalArgumentException e) {
          assertTrue(e.getMessage().contains("malformed"), e.getMessage());
        }
      }
    }
    byte[] endless = bytes("00000000 1000 0200 07000000 00000000");
    assertThrows(
        IllegalArgumentException.class,
        () -> Replies.read(endless, endless.length, 7, adding(new ArrayList<>())));
    for (int length = 1; length < good.length; length++) {
      int shorter = length;
      assertThrows(
          IllegalArgumentException.class,
          () -> Replies.read(good, shorter, 7, adding(new ArrayList<>())));
    }
  }

  private static Replies.Receiver adding(List<Link> links) {
    return new Replies.Receiver() {
      @Override
      public void message(int type, MessageReader content) {
        Replies.addLink(type, content, links);
      }

      @Override
      public void refused(int errno) {}
    };
  }
}
