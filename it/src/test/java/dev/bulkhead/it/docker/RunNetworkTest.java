package dev.bulkhead.it.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The network of {@code bulkhead run}, on a host of its own that has one neighbour: a web server
 * outside, at the other end of the host's way out.
 */
@ExtendWith(LeavesNothing.class)
final class RunNetworkTest {
  private static final String OUTSIDE = "192.0.2.1";
  private static final String HOST = "192.0.2.2";
  private static final String HELLO = "hello from the guest\n";

  private static final HostNamespaces NAMESPACES = HostNamespaces.make();
  private static final List<Process> SERVERS = new ArrayList<>();
  private static Path files;

  @BeforeAll
  static void setUp() throws IOException {
    files = Dist.scratch("run-network-files");
    Files.writeString(files.resolve("hello"), HELLO);
    Path resolvConf = Files.writeString(files.resolve("resolv"), "nameserver 127.0.0.53\n");
    host(
        "sh",
        "-ec",
        """
        mount --bind %s /etc/resolv.conf
        ip netns add outside
        ip link add up0 type veth peer name up1 netns outside
        ip addr add %s/24 dev up0
        ip addr add 2001:db8::2/64 dev up0 nodad
        ip link set up0 mtu 1400 up
        ip -n outside addr add %s/24 dev up1
        ip -n outside addr add 2001:db8::1/64 dev up1 nodad
        ip -n outside link set up1 up
        ip route add default via %s
        ip -6 route add default via 2001:db8::1
        nft add table ip others
        nft 'add chain ip others input { type filter hook input priority 10; policy accept; }'
        """
            .formatted(resolvConf, HOST, OUTSIDE, OUTSIDE));
    SERVERS.add(
        start(busybox("ip", "netns", "exec", "outside"), "httpd", "-f", "-h", files.toString()));
    SERVERS.add(
        start(
            List.of("dnsmasq"),
            "--no-daemon",
            "--no-resolv",
            "--no-hosts",
            "--listen-address=127.0.0.53",
            "--bind-interfaces",
            "--address=/outside.example/" + OUTSIDE));
    curl("http://" + OUTSIDE + "/hello");
  }

  @AfterAll
  static void tearDown() {
    SERVERS.forEach(Process::destroy);
    NAMESPACES.close();
  }

  private static List<String> busybox(String... before) {
    List<String> words = new ArrayList<>(List.of(before));
    words.add(Dist.busybox().resolve("bin/busybox").toString());
    return words;
  }

  private static Process start(List<String> first, String... rest) {
    List<String> words = new ArrayList<>(first);
    words.addAll(List.of(rest));
    return Command.of(NAMESPACES.inside(words.toArray(String[]::new))).start();
  }

  private static String host(String... words) {
    return Command.of(NAMESPACES.inside(words)).run().succeeds().output();
  }

  /** Waits for the server; {@code before} is what the command is run by. */
  private static String curl(String url, String... before) {
    List<String> words = new ArrayList<>(List.of(before));
    words.addAll(List.of("curl", "-sS", "-m", "10", "--retry", "20", "--retry-all-errors"));
    words.addAll(List.of("--retry-delay", "1", url));
    return host(words.toArray(String[]::new));
  }

  private static Command run(String... words) {
    List<String> all = new ArrayList<>(List.of(Dist.BINARY.toString(), "run"));
    all.addAll(List.of(words));
    return Command.of(NAMESPACES.inside(all.toArray(String[]::new)));
  }

  private static Process server(String... options) {
    List<String> words = new ArrayList<>(List.of(options));
    String script = "trap 'exit 5' TERM; httpd -f -p 8000 -h /www & wait";
    words.addAll(List.of("-v", files + ":/www:ro", Dist.busybox().toString(), "sh", "-c", script));
    Process server = run(words.toArray(String[]::new)).start();
    // For a test that fails.
    SERVERS.add(server);
    return server;
  }

  private static void assertNothingIsLeft() {
    assertEquals("table ip others\n", host("nft", "list", "tables"));
    String links = host("ip", "-br", "link");
    assertTrue(
        links.lines().allMatch(line -> line.startsWith("lo ") || line.startsWith("up0@")), links);
    assertEquals("", host("ls", "/run/bulkhead/.bridge/members"));
  }

  /** Though they are clones of one. */
  @Test
  void eachMachineHasAddressesOfItsOwn() throws Exception {
    String script =
        "set -e; cat /sys/class/net/eth0/address; ip addr show eth0 | grep -o 'inet [0-9.]*'; cat";
    List<Process> machines = new ArrayList<>();
    Set<String> addresses = new TreeSet<>();
    for (int i = 0; i < 3; i++) {
      Process machine =
          run("--net", "bridge", "-i", Dist.busybox().toString(), "sh", "-c", script).start();
      SERVERS.add(machine);
      machines.add(machine);
      addresses.add(machine.inputReader().readLine());
      addresses.add(machine.inputReader().readLine());
    }
    for (Process machine : machines) {
      machine.getOutputStream().close();
      assertEquals(0, machine.waitFor());
    }
    assertEquals(6, addresses.size(), addresses::toString);
    assertNothingIsLeft();
  }

  @Test
  void theBridgeReachesOutsideAndIsReached() throws Exception {
    Process server = server("--name", "web", "-p", "8080:8000");
    assertEquals(HELLO, curl("http://127.0.0.1:8080/hello"));
    assertEquals(HELLO, curl("http://" + HOST + ":8080/hello"));
    assertEquals(HELLO, curl("http://" + HOST + ":8080/hello", "ip", "netns", "exec", "outside"));
    for (List<String> before :
        List.of(List.<String>of(), List.of("ip", "netns", "exec", "outside"))) {
      assertEquals(HELLO, curl("http://[2001:db8::2]:8080/hello", before.toArray(String[]::new)));
    }
    String script =
        """
        ip addr show eth0; ip route; cat /etc/hosts
        wget -qO- http://[2001:db8::1]/hello && wget -qO- http://[2001:db8::2]:8080/hello &&
        wget -qO- http://%1$s/hello && wget -qO- http://outside.example/hello &&
        wget -qO- http://10.87.0.2:8000/hello && wget -qO- http://10.87.0.1:8080/hello
        timeout 5 wget -qO- http://127.0.0.1:8080/hello || echo its own loopback
        """
            .formatted(OUTSIDE);
    String output =
        run("--name", "other", "--net", "bridge", Dist.busybox().toString(), "sh", "-c", script)
            .run()
            .succeeds()
            .output();
    assertEquals(6, output.split(HELLO, -1).length - 1, output);
    for (String expected :
        List.of(
            "mtu 1400",
            "inet 10.87.0.3/24",
            "default via 10.87.0.1 dev eth0",
            "10.87.0.3\tother",
            "its own loopback")) {
      assertTrue(output.contains(expected), () -> expected + " is not in\n" + output);
    }
    Command.Result taken = run("-p", "8080:1", Dist.busybox().toString(), "true").run().expect(125);
    assertTrue(taken.errors().contains("the port 8080/tcp of this host is in use"), taken.errors());
    Command.Result none =
        run("--net", "none", "-p", "1:1", Dist.busybox().toString(), "true").run().expect(125);
    assertTrue(none.errors().contains("with --net bridge only"), none.errors());
    server.destroy();
    assertEquals(5, server.waitFor());
    assertNothingIsLeft();
  }

  /** Perl's base is in every Debian; a guest has the host's by a volume. */
  @Test
  void publishesPortsOfUdp() throws Exception {
    List<String> words = new ArrayList<>(List.of("-p", "5353:53/udp", "-v", "/usr:/usr:ro"));
    words.addAll(
        List.of(
            Dist.busybox().toString(),
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "/usr/bin/perl",
            "-MIO::Socket::INET",
            "-e",
            "$SIG{TERM} = sub { exit 5 }; $s = IO::Socket::INET->new(LocalPort => 53, Proto => 'udp') or die $!;"
                + " while (defined $s->recv($m, 1500)) { $s->send(\"echo of $m\") }"));
    Process server = run(words.toArray(String[]::new)).start();
    SERVERS.add(server);
    String client =
        "for i in $(seq 100); do exec 3<>/dev/udp/%s/5353; printf hello >&3 2>/dev/null;"
            + " timeout 1 dd bs=1500 count=1 status=none <&3 2>/dev/null | grep echo && break; done";
    for (String address : List.of("127.0.0.1", HOST)) {
      assertEquals("echo of hello\n", host("bash", "-c", client.formatted(address)));
    }
    assertEquals(
        "echo of hello\n",
        host("ip", "netns", "exec", "outside", "bash", "-c", client.formatted(HOST)));
    server.destroy();
    assertEquals(5, server.waitFor());
    assertNothingIsLeft();
  }

  @Test
  void theNextOneRemovesWhatAKilledOneLeft() throws Exception {
    Process server = server("-p", "8081:8000");
    assertEquals(HELLO, curl("http://127.0.0.1:8081/hello"));
    String pid = host("pgrep", "-f", "-x", Dist.BINARY + " run -p 8081:8000 .*").trim();
    host("kill", "-KILL", pid);
    server.waitFor();
    assertTrue(host("nft", "list", "tables").contains("table ip bulkhead\n"));
    run(Dist.busybox().toString(), "true").run().succeeds();
    assertNothingIsLeft();
  }

  /** What a host looks like on which "the container has no network". */
  @Test
  void checkNamesBothSidesOfAnOverlap() {
    String good = host(Dist.BINARY.toString(), "check", "--network", "--strict");
    assertTrue(good.contains("ok       networks"), good);
    host(
        "sh",
        "-ec",
        """
        ip link add docker0 type bridge && ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0
        ip addr add 172.17.1.100/16 dev up0
        nft 'add chain ip others FORWARD { type filter hook forward priority 0; policy drop; }'
        """);
    try {
      Command.Result bad =
          Command.of(NAMESPACES.inside(Dist.BINARY.toString(), "check", "--network", "--strict"))
              .run()
              .expect(1);
      for (String expected :
          List.of(
              "warning  networks     up0 172.17.1.100/16 and docker0 172.17.0.1/16 overlap\n",
              "-> set \"bip\" in /etc/docker/daemon.json",
              "the host drops what it forwards (table ip others, chain FORWARD)")) {
        assertTrue(bad.output().contains(expected), () -> expected + " is not in\n" + bad.output());
      }
      String json = host(Dist.BINARY.toString(), "check", "--network", "--json");
      assertTrue(json.contains("\"found\":\"up0 172.17.1.100/16 and docker0"), json);
      String warned =
          run("--net", "bridge", Dist.busybox().toString(), "true").run().succeeds().errors();
      assertTrue(warned.contains("iptables -I FORWARD -i bulkhead0 -j ACCEPT"), warned);
    } finally {
      host(
          "sh",
          "-ec",
          "ip link del docker0; ip addr del 172.17.1.100/16 dev up0; nft delete chain ip others FORWARD");
    }
    assertFalse(host("ip", "-br", "link").contains("bulkhead"));
  }
}
