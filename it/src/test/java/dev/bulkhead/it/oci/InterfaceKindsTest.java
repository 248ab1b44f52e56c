package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.docker.HostNamespaces;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Interfaces other than veth in a container's network namespace, as plugins of CNI make them: the
 * pod's namespace was set up before, and another host is at the far end of each of its wires.
 */
@ExtendWith(LeavesNothing.class)
final class InterfaceKindsTest {
  private static final String POD = "kinds-pod";
  private static final String FAR = "kinds-far";
  private static final String NAMESPACES = POD + " kinds-between " + FAR;
  private static final int BYTES = 3 << 20;

  /** In the guest: it serves the same file, and lives on. */
  private static final String SERVER = "httpd -f -p 8000 -h /dev/shm";

  private static final String LIKE =
      """
      cd /sys/class/net; for i in %1$s; do echo $i $(cat $i/address $i/mtu); done
      for i in %1$s; do ip addr show $i | grep -E 'inet |inet6 fd' | sed 's/ brd [0-9.]*//'; done
      ip route; ip -6 route | grep ^fd; ip neigh | grep PERMANENT
      """;

  private static final HostNamespaces HOST = HostNamespaces.make();

  @TempDir Path scratch;
  private final List<Process> started = new ArrayList<>();

  @AfterAll
  static void leaveHost() {
    HOST.close();
  }

  @BeforeEach
  void makeHosts() throws IOException {
    byte[] noise = new byte[BYTES];
    new Random(5).nextBytes(noise);
    Files.write(Files.createDirectory(scratch.resolve("www")).resolve("noise"), noise);
    sh("for n in %s; do ip netns add $n; ip -n $n link set lo up; done".formatted(NAMESPACES));
    String httpd = Dist.busybox().resolve("bin/busybox") + " httpd -f -p 9000 -h ";
    started.add(inside(FAR, "exec " + httpd + scratch.resolve("www")).start());
  }

  @AfterEach
  void removeHosts() throws InterruptedException {
    for (Process process : started) {
      process.destroy();
      process.waitFor();
    }
    sh("for n in %s; do ip netns del $n; done".formatted(NAMESPACES));
  }

  private static String sh(String script) {
    return Command.of(HOST.inside("sh", "-ec", script)).run().succeeds().output();
  }

  private static Command inside(String namespace, String script) {
    return Command.of(HOST.inside("ip", "netns", "exec", namespace, "sh", "-ec", script));
  }

  private static String ask(String namespace, String script) {
    return inside(namespace, script).run().succeeds().output();
  }

  private OciContainer container(String id) {
    OciContainer container =
        OciContainer.of(scratch, id, "wget -qO /dev/shm/noise $FROM && " + SERVER);
    JsonArray namespaces = container.config().getObject("linux").getArray("namespaces");
    namespaces.removeLast();
    namespaces.add(
        new JsonObject(
            Map.of("type", "network", "path", HOST.outside("/run/netns/" + POD).toString())));
    return container;
  }

  /** Starts a container that gets its file by {@code address} of the other host. */
  private static void start(OciContainer container, String address, Path configuration) {
    String from = "FROM=http://" + address + ":9000/noise";
    container.config().getObject("process").getArray("env").add(from);
    Command create = container.create();
    create.environment("BULKHEAD_CONF_FILE", configuration.toString());
    assertEquals(0, create.run().code(), container::errors);
    container.start();
  }

  private static String sum(String bytes) {
    return Command.of("sh", "-c", "md5sum <" + bytes).run().succeeds().output();
  }

  /** A file each way, and a ping, by the addresses of both ends of a wire. */
  private void assertReachEachOther(OciContainer container, String here, String there) {
    String expected = sum(scratch.resolve("www/noise").toString());
    String fetch =
        "curl -sS --globoff --retry 40 --retry-all-errors --retry-delay 1 -m 60 http://%s:8000/noise"
            + " | md5sum";
    assertEquals(expected, ask(FAR, fetch.formatted(here)), here);
    assertEquals(
        expected, container.exec("wget -qO- http://" + there + ":9000/noise | md5sum"), there);
    container.exec("ping -c 1 -W 20 " + there.replace("[", "").replace("]", ""));
    ask(FAR, "ping -c 1 -W 20 " + here.replace("[", "").replace("]", ""));
  }

  /** What is to be the same before and after; whether wires are up comes by and by. */
  private static String state() {
    return ask(
        POD,
        """
        { ip -o link; tc qdisc; ip -o addr; ip route; } | grep -v fe80 |
          sed -E 's/^[0-9]+: //; s/NO-CARRIER,|,LOWER_UP| state [A-Z]+| linkdown//g'
        """);
  }

  /**
   * The lines in any order: busybox prints addresses newest first, routes as the kernel has them.
   */
  private static Set<String> lines(String text) {
    return new TreeSet<>(text.lines().map(String::strip).toList());
  }

  private static void assertGuestIsLikeItsNamespace(OciContainer container, String interfaces) {
    String script = LIKE.formatted(interfaces);
    String busybox = Dist.busybox().resolve("bin/busybox").toString();
    String expected = ask(POD, "ip() { " + busybox + " ip \"$@\"; }\n" + script);
    assertEquals(lines(expected), lines(container.exec(script)));
  }

  /**
   * Frames between a persistent tap of the pod's, as a plugin makes it, and one of the other host.
   */
  private void relayTaps(String inner, String outer) throws IOException {
    String program =
        """
        sub tap {
          open(my $tap, '+<', '/dev/net/tun') or die $!;
          ioctl($tap, 0x400454ca, pack('a16 S x22', $_[0], 0x1002)) or die "$_[0]: $!";
          $tap
        }
        my $outer = tap('%s');
        open(my $pod, '<', '/run/netns/%s') or die $!;
        syscall(308, fileno $pod, 0) == 0 or die "setns: $!";
        my $inner = tap('%s');
        $| = 1; print "ready\\n";
        while (1) {
          my $ready = '';
          vec($ready, fileno $_, 1) = 1 for ($outer, $inner);
          select($ready, undef, undef, undef);
          for ([$outer, $inner], [$inner, $outer]) {
            my ($from, $to) = @$_;
            if (vec($ready, fileno $from, 1)) { sysread($from, my $frame, 65536); syswrite($to, $frame) }
          }
        }
        """
            .formatted(outer, POD, inner);
    Process relay =
        new ProcessBuilder(HOST.inside("ip", "netns", "exec", FAR, "perl", "-e", program))
            .redirectError(scratch.resolve("relay").toFile())
            .start();
    started.add(relay);
    assertEquals(
        "ready",
        relay.inputReader(StandardCharsets.UTF_8).readLine(),
        () -> sum(scratch.resolve("relay").toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcfilter", "macvtap"})
  void macvlanTapAndBridgeBecomeTheGuests(String model) throws IOException {
    sh(
        """
        # A macvlan, whose own kernel joins no groups of link-local addresses.
        ip -n kinds-far link add low1 type veth peer name far1
        ip -n kinds-far link add link low1 name net1 netns kinds-pod type macvlan mode bridge
        ip -n kinds-pod link set net1 address 02:00:00:00:07:01 mtu 1300 addrgenmode none
        # A tap that somebody else reads.
        ip -n kinds-far tuntap add mode tap name far2
        ip -n kinds-pod tuntap add mode tap name net2
        ip -n kinds-pod link set net2 mtu 1280
        # A bridge, of which the namespace has the port.
        ip -n kinds-pod link add net3 type bridge
        ip -n kinds-far link add far3 type veth peer name port3 netns kinds-pod
        ip -n kinds-pod link set port3 master net3
        # A macvlan over an interface without an address, and one over an interface that has one.
        ip -n kinds-far link add far4 type veth peer name low4 netns kinds-pod
        ip -n kinds-pod link add link low4 name net4 type macvlan mode bridge
        ip -n kinds-pod link add link net3 name net5 type macvlan mode bridge
        # No Ethernet.
        ip -n kinds-pod tuntap add mode tun name net6
        for i in 1 2 3 4; do
          ip -n kinds-far link set far$i up
          ip -n kinds-far addr add 10.20$i.0.1/24 dev far$i
          ip -n kinds-far addr add fd00:20$i::1/64 dev far$i nodad
          ip -n kinds-pod addr add 10.20$i.0.2/24 dev net$i
          ip -n kinds-pod addr add fd00:20$i::2/64 dev net$i nodad
        done
        ip -n kinds-far link set low1 up
        for i in port3 low4 net1 net2 net3 net4 net5 net6; do ip -n kinds-pod link set $i up; done
        ip -n kinds-pod route add default via 10.201.0.1 dev net1
        ip -n kinds-pod route add 10.9.0.0/16 via 10.202.0.1 src 10.202.0.2 metric 9
        ip -n kinds-pod neigh add 10.203.0.9 lladdr 02:00:00:00:07:09 dev net3
        """);
    relayTaps("net2", "far2");
    String before = state();
    Path configuration =
        Files.writeString(
            scratch.resolve("c.toml"), "[runtime]\ninternetworking_model = \"" + model + "\"\n");
    try (OciContainer container = container("kinds")) {
      start(container, "10.201.0.1", configuration);
      assertEquals("lo\nnet1\nnet2\nnet3\nnet4\n", container.exec("ls /sys/class/net"));
      assertGuestIsLikeItsNamespace(container, "net1 net2 net3 net4");
      for (int i = 1; i <= 4; i++) {
        assertReachEachOther(container, "10.20" + i + ".0.2", "10.20" + i + ".0.1");
      }
      assertReachEachOther(container, "[fd00:201::2]", "[fd00:201::1]");
      // Is asked for by a group that the guest alone has joined.
      ask(FAR, "ping -c 1 -W 20 fe80::ff:fe00:701%far1");
      String log = Files.readString(container.directory().resolve("log"));
      for (String unfit :
          List.of(
              "the interface net5 (macvlan), whose frames go over net3, of which the machine gets",
              "the interface net6 (tun), which carries no Ethernet frames")) {
        assertTrue(log.contains(unfit), () -> unfit + " is not in\n" + log);
      }
      assertFalse(log.contains("low4") || log.contains("port3"), log);
      String sides =
          ask(POD, "ip -d link; for i in 1 2 3 4; do tc filter show dev net$i ingress; done");
      assertEquals(model.equals("macvtap"), sides.contains("macvtap mode passthru"), sides);
      assertTrue(sides.contains("mirred (Egress Redirect to device bulkhead0)"), sides);
    }
    assertEquals(before, state());
  }

  /** By the model "none", and with the host's network where that is allowed. */
  @ParameterizedTest
  @ValueSource(strings = {"internetworking_model = \"none\"", "allow_host_network = true"})
  void aMachineHasItsLoopbackOnly(String setting) throws IOException {
    sh(
        """
        ip -n kinds-far link add far1 type veth peer name net1 netns kinds-pod
        ip -n kinds-pod addr add 10.201.0.2/24 dev net1
        ip -n kinds-pod link set net1 up
        """);
    String before = state();
    Path configuration =
        Files.writeString(scratch.resolve("c.toml"), "[runtime]\n" + setting + "\n");
    try (OciContainer container = container("kinds")) {
      if (setting.startsWith("allow")) {
        container.config().getObject("linux").getArray("namespaces").removeLast();
      }
      container.config().getObject("process").put("args", JsonArray.from("sh", "-c", SERVER));
      start(container, "127.0.0.1", configuration);
      assertEquals("lo\n", container.exec("ls /sys/class/net"));
      container.exec("ping -c 1 -W 10 127.0.0.1");
      container.exec("echo mine >/dev/shm/noise");
      assertEquals("mine\n", container.exec("wget -qO- http://127.0.0.1:8000/noise"));
      assertEquals(before, state());
    }
  }

  /** Its link address is that of the interface below, and its kernel tells slaves by addresses. */
  @ParameterizedTest
  @CsvSource({"l2, 10.201.0.2, 10.201.0.0/24", "l3, 10.210.0.2, default"})
  void ipvlanBecomesTheGuests(String mode, String address, String destination) throws IOException {
    sh("ip -n kinds-far link add far1 type veth peer name low1 netns kinds-between");
    Command.Result added =
        Command.of(
                HOST.inside(
                    "sh",
                    "-c",
                    "ip -n kinds-between link add link low1 name net1 netns kinds-pod type ipvlan mode "
                        + mode))
            .run();
    assumeTrue(added.code() == 0, () -> "this host's kernel has no ipvlan: " + added.errors());
    sh(
        """
        ip -n kinds-far addr add 10.201.0.1/24 dev far1
        ip -n kinds-far link set far1 up
        ip -n kinds-far route add 10.210.0.0/24 via 10.201.0.254
        ip -n kinds-between addr add 10.201.0.254/24 dev low1
        ip -n kinds-between link set low1 up
        ip -n kinds-pod addr add %1$s/24 dev net1
        ip -n kinds-pod link set net1 up
        ip -n kinds-pod route replace %2$s dev net1
        """
            .formatted(address, destination));
    String before = state();
    try (OciContainer container = container("kinds")) {
      start(container, "10.201.0.1", Files.writeString(scratch.resolve("c.toml"), ""));
      assertGuestIsLikeItsNamespace(container, "net1");
      assertReachEachOther(container, address, "10.201.0.1");
    }
    assertEquals(before, state());
  }
}
