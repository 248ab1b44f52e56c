package dev.bulkhead.it.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What users of Docker do with networks, and namespaces that others set up before create. */
@ExtendWith(LeavesNothing.class)
final class NetworkTest {
  private static final String IMAGE = DockerDaemon.IMAGE;
  private static final int MEGABYTES = 200;

  private static DockerDaemon daemon;
  private static Path files;

  @BeforeAll
  static void start() throws IOException {
    daemon = DockerDaemon.start();
    files = Dist.scratch("network-files");
    Files.writeString(files.resolve("hello"), "hello from the guest\n");
    byte[] noise = new byte[MEGABYTES << 20];
    new Random(7).nextBytes(noise);
    Files.write(files.resolve("noise"), noise);
  }

  @AfterAll
  static void stop() {
    daemon.close();
  }

  /** With a container go its interfaces, whatever joined them with a machine. */
  @AfterEach
  void removeAll() {
    String all = docker("ps", "-aq");
    if (!all.isBlank()) {
      List<String> words = new ArrayList<>(List.of("rm", "-f"));
      words.addAll(all.lines().toList());
      docker(words.toArray(String[]::new));
    }
    docker("network", "prune", "-f");
    String interfaces = host("ip", "-br", "link");
    assertTrue(
        interfaces.lines().allMatch(line -> line.startsWith("lo ") || line.startsWith("docker0 ")),
        interfaces);
    assertEquals("", host("ip", "netns"));
  }

  private static String docker(String... arguments) {
    return daemon.docker(arguments).run().succeeds().output();
  }

  /** A command on the host that Docker runs on. */
  private static String host(String... words) {
    return Command.of(daemon.inside(words)).run().succeeds().output();
  }

  private static String curl(String url) {
    return host(
        "curl",
        "-sS",
        "--globoff",
        "--retry",
        "20",
        "--retry-all-errors",
        "--retry-delay",
        "1",
        "-m",
        "60",
        url);
  }

  /** A web server in the background. */
  private static void server(String name, String... options) {
    List<String> words = new ArrayList<>(List.of("-d", "--name", name, "-v", files + ":/www:ro"));
    words.addAll(List.of(options));
    words.addAll(List.of(IMAGE, "httpd", "-f", "-p", "8080", "-h", "/www"));
    daemon.run(words.toArray(String[]::new)).run().succeeds();
  }

  /** With both kinds of addresses and short packets. */
  private static void createNetwork(String name, String v4, String v6) {
    String mtu = "com.docker.network.driver.mtu=1400";
    docker("network", "create", "-o", mtu, "--ipv6", "--subnet", v4, "--subnet", v6, name);
  }

  private static String exec(String container, String script) {
    return docker("exec", container, "sh", "-c", script);
  }

  private static String checksum(String text) {
    return text.substring(0, text.indexOf(' '));
  }

  @Test
  void publishesPortsAndReachesOthersOnTheDefaultBridge() {
    server("web", "-p", "8081:8080");
    assertEquals("hello from the guest\n", curl("http://127.0.0.1:8081/hello"));
    String address = daemon.inspect("web", "{{.NetworkSettings.IPAddress}}");
    String mac = daemon.inspect("web", "{{.NetworkSettings.MacAddress}}");
    String gateway = daemon.inspect("web", "{{.NetworkSettings.Gateway}}");
    assertEquals("eth0\nlo\n", exec("web", "ls /sys/class/net"));
    assertTrue(exec("web", "ip addr show eth0").contains("inet " + address + "/16 brd"));
    assertEquals(mac + "\n", exec("web", "cat /sys/class/net/eth0/address"));
    assertTrue(exec("web", "ip route").contains("default via " + gateway + " dev eth0"));
    assertEquals("hello from the guest\n", curl("http://" + gateway + ":8081/hello"));

    String other =
        daemon
            .run("--rm", IMAGE, "wget", "-qO-", "http://" + address + ":8080/hello")
            .run()
            .succeeds()
            .output();
    assertEquals("hello from the guest\n", other);

    String expected = checksum(host("sha256sum", files.resolve("noise").toString()));
    assertEquals(
        expected, checksum(host("sh", "-c", "curl -sS http://127.0.0.1:8081/noise | sha256sum")));
    Process server = hostServer(gateway);
    try {
      assertEquals(
          expected,
          checksum(exec("web", "wget -qO- http://" + gateway + ":9000/noise | sha256sum")));
    } finally {
      server.destroy();
    }

    docker("restart", "-t", "0", "web");
    assertEquals("hello from the guest\n", curl("http://127.0.0.1:8081/hello"));
  }

  /** A web server on the host's side of the bridge, which listens when this returns. */
  private static Process hostServer(String address) {
    Process server =
        Command.of(
                daemon.inside(
                    Dist.busybox().resolve("bin/busybox").toString(),
                    "httpd",
                    "-f",
                    "-p",
                    address + ":9000",
                    "-h",
                    files.toString()))
            .start();
    curl("http://" + address + ":9000/hello");
    return server;
  }

  @Test
  void followsNetworksThatAreConnectedAndDisconnected() {
    createNetwork("one", "10.123.1.0/24", "fd12:3456::/64");
    docker("network", "create", "--subnet", "10.123.2.0/24", "two");
    docker(
        "create",
        "--name",
        "both",
        "--runtime",
        "bulkhead",
        "--network",
        "one",
        "--cpus",
        "2",
        IMAGE,
        "sleep",
        "3600");
    docker("network", "connect", "--ip", "10.123.2.30", "two", "both");
    docker("start", "both");
    // A queue for each processor.
    assertEquals(
        "eth0\neth1\nlo\nrx-0\nrx-1\ntx-0\ntx-1\n",
        exec("both", "ls /sys/class/net; ls /sys/class/net/eth0/queues"));
    server("first", "--network", "one", "--ip", "10.123.1.10");
    server("second", "--network", "two", "--ip", "10.123.2.20");
    assertEquals("1400\n", exec("first", "cat /sys/class/net/eth0/mtu"));
    for (String neighbour : List.of("10.123.1.10", "10.123.2.20")) {
      String page = exec("both", "timeout 30 wget -qO- http://" + neighbour + ":8080/hello");
      assertEquals("hello from the guest\n", page);
    }
    String v6 =
        daemon.inspect("first", "{{(index .NetworkSettings.Networks \"one\").GlobalIPv6Address}}");
    assertEquals("hello from the guest\n", curl("http://[" + v6 + "]:8080/hello"));
    assertEquals("hello from the guest\n", curl("http://10.123.1.10:8080/hello"));

    docker("network", "connect", "--ip", "10.123.2.10", "two", "first");
    awaitInterfaces("first", "eth0\neth1\nlo\n");
    assertEquals("hello from the guest\n", curl("http://10.123.2.10:8080/hello"));
    assertEquals(
        "hello from the guest\n",
        exec("first", "timeout 10 wget -qO- http://10.123.2.20:8080/hello"));
    docker("network", "disconnect", "two", "first");
    awaitInterfaces("first", "eth0\nlo\n");
    assertEquals("hello from the guest\n", curl("http://10.123.1.10:8080/hello"));
    docker("network", "connect", "--ip", "10.123.2.11", "two", "first");
    // Docker counts on.
    awaitInterfaces("first", "eth0\neth2\nlo\n");
    assertEquals("hello from the guest\n", curl("http://10.123.2.11:8080/hello"));
    // Beyond its first device the machine gets further ones, and uses them again.
    docker("network", "create", "--subnet", "10.123.6.0/24", "three");
    docker("network", "create", "--subnet", "10.123.7.0/24", "four");
    docker("network", "connect", "--ip", "10.123.6.10", "three", "first");
    docker("network", "connect", "--ip", "10.123.7.10", "four", "first");
    awaitInterfaces("first", "eth0\neth2\neth3\neth4\nlo\n");
    assertEquals("hello from the guest\n", curl("http://10.123.6.10:8080/hello"));
    assertEquals("hello from the guest\n", curl("http://10.123.7.10:8080/hello"));
    docker("network", "disconnect", "three", "first");
    awaitInterfaces("first", "eth0\neth2\neth4\nlo\n");
    docker("network", "connect", "--ip", "10.123.6.11", "three", "first");
    awaitInterfaces("first", "eth0\neth2\neth4\neth5\nlo\n");
    assertEquals("hello from the guest\n", curl("http://10.123.6.11:8080/hello"));
  }

  /**
   * Docker's resolver is in the host's side of the namespace, and asks outside servers from there.
   */
  @Test
  void resolvesTheNamesOfDockersNetworks() throws IOException {
    docker("network", "create", "--subnet", "10.123.3.0/24", "named");
    Process outside =
        Command.of(
                daemon.inside(
                    "dnsmasq",
                    "--no-daemon",
                    "--no-resolv",
                    "--no-hosts",
                    "--listen-address=10.123.3.1",
                    "--bind-interfaces",
                    "--address=/outside.example/10.9.8.7"))
            .start();
    try {
      server("alpha", "--network", "named", "--network-alias", "web", "--dns", "10.123.3.1");
      server("beta");
      assertEquals("nameserver 127.0.0.11\n", exec("alpha", "grep nameserver /etc/resolv.conf"));
      docker("network", "connect", "named", "beta");
      awaitInterfaces("beta", "eth0\neth1\nlo\n");
      String address =
          daemon.inspect("beta", "{{(index .NetworkSettings.Networks \"named\").IPAddress}}");
      // Whatever sends: a socket that is connected, and one that is not.
      assertTrue(exec("alpha", "nslookup beta 127.0.0.11").contains("Address: " + address));
      assertEquals("hello from the guest\n", exec("alpha", "wget -qO- http://beta:8080/hello"));
      assertEquals("hello from the guest\n", exec("beta", "wget -qO- http://web:8080/hello"));
      assertTrue(exec("alpha", "nslookup -type=a outside.example").contains("Address: 10.9.8.7"));
      // Over TCP: a question for beta's address, behind its length.
      String question =
          "\\0\\026\\001\\002\\001\\0\\0\\001\\0\\0\\0\\0\\0\\0\\004beta\\0\\0\\001\\0\\001";
      String answer =
          exec(
              "alpha",
              "printf '" + question + "' | timeout 5 nc 127.0.0.11 53 | xxd -p | tr -d '\\n'");
      assertTrue(answer.endsWith(hexadecimal(address)), answer);
      // A container's own server of names has its port, as with another runtime.
      String ownServer =
          """
          nc -l -p 53 >/tmp/stream &
          timeout 20 sh -c 'until grep -q :0035 /proc/net/tcp6; do :; done' &&
            nslookup -type=a beta 127.0.0.11; kill %1
          """;
      assertTrue(exec("alpha", ownServer).contains("Address: " + address));
    } finally {
      outside.destroy();
    }
  }

  private static String hexadecimal(String address) {
    StringBuilder text = new StringBuilder();
    for (String part : address.split("\\.", -1)) {
      text.append(String.format("%02x", Integer.parseInt(part)));
    }
    return text.toString();
  }

  /** The host's redis in a guest, as a server that takes them all in one process. */
  @Test
  void takesAThousandConnectionsAtOnce() {
    daemon
        .run(
            "-d",
            "--name",
            "busy",
            "-v",
            "/usr:/usr:ro",
            IMAGE,
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "--argv0",
            "redis-server",
            "/usr/bin/redis-check-rdb",
            "--protected-mode",
            "no",
            "--save",
            "")
        .run()
        .succeeds();
    daemon.awaitLog("busy", "Ready to accept connections");
    String address = daemon.inspect("busy", "{{.NetworkSettings.IPAddress}}");
    String report =
        host(
            "redis-benchmark",
            "-h",
            address,
            "-c",
            "1000",
            "-n",
            "20000",
            "-t",
            "set,get",
            "-d",
            "1000",
            "--csv");
    assertTrue(report.contains("\"GET\","), report);
    // One for each client of both measurements, and this one.
    String statistics = host("redis-cli", "-h", address, "info", "stats");
    assertTrue(statistics.contains("total_connections_received:200"), statistics);
    assertTrue(statistics.contains("rejected_connections:0"), statistics);
  }

  /** What a controller of network policies does, on the host's side and by either program. */
  @Test
  void rulesOfTheHostBlockAndAllow() {
    server("ruled");
    String address = daemon.inspect("ruled", "{{.NetworkSettings.IPAddress}}");
    String gateway = daemon.inspect("ruled", "{{.NetworkSettings.Gateway}}");
    String url = "http://" + address + ":8080/hello";
    assertEquals("hello from the guest\n", curl(url));
    host("nft", "add table inet rules");
    host("nft", "add chain inet rules out { type filter hook output priority 0; }");
    host("nft", "add rule inet rules out ip daddr " + address + " tcp dport 8080 drop");
    Command.of(daemon.inside("curl", "-sS", "-m", "3", url)).run().expect(28);
    host("nft", "delete table inet rules");
    assertEquals("hello from the guest\n", curl(url));

    exec("ruled", "ping -c 1 -W 20 " + gateway);
    List<String> rule = List.of("INPUT", "-i", "docker0", "-s", address, "-j", "DROP");
    host(iptables("-I", rule));
    daemon.docker("exec", "ruled", "ping", "-c", "1", "-W", "3", gateway).run().expect(1);
    host(iptables("-D", rule));
    exec("ruled", "ping -c 1 -W 20 " + gateway);
  }

  private static String[] iptables(String action, List<String> rule) {
    List<String> words = new ArrayList<>(List.of("iptables", action));
    words.addAll(rule);
    return words.toArray(String[]::new);
  }

  private static void awaitInterfaces(String container, String expected) {
    String found = "";
    for (int i = 0; i < 50; i++) {
      found = exec(container, "ls /sys/class/net");
      if (found.equals(expected)) {
        return;
      }
    }
    fail(container + " has " + found);
  }

  @Test
  void macvtapTakesOverWhatIsThereBeforeTheMachine() {
    createNetwork("over", "10.123.4.0/24", "fd12:3457::/64");
    docker("network", "create", "--subnet", "10.123.5.0/24", "later");
    docker(
        "run",
        "-d",
        "--name",
        "taken",
        "--runtime",
        "bulkhead-macvtap",
        "--cpus",
        "2",
        "--network",
        "over",
        "-p",
        "8081:8080",
        "-v",
        files + ":/www:ro",
        IMAGE,
        "httpd",
        "-f",
        "-p",
        "8080",
        "-h",
        "/www");
    String page = "hello from the guest\n";
    assertEquals(page, curl("http://127.0.0.1:8081/hello"));
    String over = "{{(index .NetworkSettings.Networks \"over\").%s}}";
    String v6 = daemon.inspect("taken", over.formatted("GlobalIPv6Address"));
    assertEquals(page, curl("http://[" + v6 + "]:8080/hello"));
    String mac = daemon.inspect("taken", over.formatted("MacAddress"));
    assertEquals(
        mac + "\n1400\nrx-0\nrx-1\ntx-0\ntx-1\n",
        exec("taken", "cd /sys/class/net/eth0; cat address mtu; ls queues"));
    exec("taken", "ping -c 1 -W 20 10.123.4.1");
    assertEquals(
        checksum(host("sha256sum", files.resolve("noise").toString())),
        checksum(host("sh", "-c", "curl -sS http://127.0.0.1:8081/noise | sha256sum")));
    String inside = "/proc/" + daemon.inspect("taken", "{{.State.Pid}}") + "/ns/net";
    String side = host("nsenter", "--net=" + inside, "ip", "-d", "link", "show", "bulkhead0");
    assertTrue(side.contains("macvtap mode passthru"), side);

    docker("network", "connect", "--ip", "10.123.5.10", "later", "taken");
    awaitInterfaces("taken", "eth0\neth1\nlo\n");
    assertEquals(page, curl("http://10.123.5.10:8080/hello"));
    docker("network", "disconnect", "over", "taken");
    awaitInterfaces("taken", "eth1\nlo\n");
    assertEquals(page, curl("http://10.123.5.10:8080/hello"));
  }

  @Test
  void joinsTheNetworkOfAnotherContainer() {
    server("owner", "-p", "8081:8080");
    joinOwner("second");
    String page = "hello from the guest\n";
    assertEquals(page, exec("second", "wget -qO- http://127.0.0.1:8080/hello"));
    assertEquals(page, exec("owner", "wget -qO- http://127.0.0.1:9090/hello"));
    String address = daemon.inspect("owner", "{{.NetworkSettings.IPAddress}}");
    assertEquals(page, curl("http://" + address + ":9090/hello"));
    // One machine, in which each has processes and files of its own.
    String bootId = exec("owner", "cat /proc/sys/kernel/random/boot_id");
    assertEquals(bootId, exec("second", "cat /proc/sys/kernel/random/boot_id"));
    exec("owner", "echo of the owner >/tmp/mine");
    assertEquals(
        "none\n",
        exec("second", "cat /tmp/mine 2>/dev/null || touch /www/x 2>/dev/null || echo none"));
    assertEquals("1\n", exec("second", "ps | grep -c '[h]ttpd'"));
    // Through one that joined itself, with a terminal, and with an exit code of its own.
    Command.Result third =
        daemon
            .run(
                "--rm",
                "-t",
                "--network",
                "container:second",
                IMAGE,
                "sh",
                "-c",
                "tty && wget -qO- http://127.0.0.1:9090/hello; exit 7")
            .run()
            .expect(7);
    assertEquals("/dev/pts/0\r\nhello from the guest\r\n", third.output());

    docker("restart", "-t", "0", "second");
    assertEquals(page, curl("http://" + address + ":9090/hello"));
    docker("kill", "second");
    daemon.awaitField("second", "{{.State.ExitCode}}", "137");
    assertEquals(page, curl("http://127.0.0.1:8081/hello"));
    docker("start", "second");
    assertEquals(page, exec("owner", "wget -qO- http://127.0.0.1:9090/hello"));
    // With the machine's container all of it ends.
    docker("rm", "-f", "owner");
    daemon.awaitField("second", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
    docker("rm", "second");
  }

  /** A web server that shares the network of the container 'owner'. */
  private static void joinOwner(String name) {
    daemon
        .run(
            "-d",
            "--name",
            name,
            "--network",
            "container:owner",
            "-v",
            files + ":/www:ro",
            IMAGE,
            "httpd",
            "-f",
            "-p",
            "9090",
            "-h",
            "/www")
        .run()
        .succeeds();
    exec(name, "timeout 20 sh -c 'until wget -qO- http://127.0.0.1:9090/hello; do :; done'");
  }

  @Test
  void refusesWhatAMachineCannotShare() {
    Command.Result host = daemon.run("--rm", "--network", "host", IMAGE, "true").run().expect(125);
    assertTrue(host.errors().contains("which a virtual machine cannot share"), host.errors());
    docker("run", "-d", "--name", "plain", IMAGE, "sleep", "3600");
    Command.Result taking =
        daemon.run("--rm", "--network", "container:plain", IMAGE, "true").run().expect(125);
    assertTrue(taking.errors().contains("(sleep) would lose its network"), taking.errors());
    String gateway = daemon.inspect("plain", "{{.NetworkSettings.Gateway}}");
    exec("plain", "ping -c 1 -W 10 " + gateway);
  }

  @Test
  void takesANamespaceThatWasSetUpBefore() throws IOException {
    Path bundle = Files.createTempDirectory("bundle");
    String script =
        """
        ip netns add hand
        trap 'ip netns del hand; rm -r %2$s' EXIT
        ip link add hand0 type veth peer name net1 netns hand
        ip link set hand0 address 02:00:00:00:00:41 mtu 1300 up
        ip addr add 10.200.0.1/24 dev hand0
        ip -n hand link set lo up
        ip -n hand link set net1 address 02:00:00:00:00:42 mtu 1300
        ip -n hand addr add 10.200.0.2/32 dev net1
        ip -n hand link set net1 up
        ip -n hand route add 169.254.1.1 dev net1 scope link
        ip -n hand route add 10.200.0.0/24 dev net1 src 10.200.0.2 metric 7
        ip -n hand route add default via 169.254.1.1 dev net1 onlink mtu 1200
        ip -n hand neigh add 169.254.1.1 lladdr 02:00:00:00:00:41 dev net1
        ip -n hand link add rest type veth peer name rest2
        %1$s spec -b %2$s
        cp -a %3$s %2$s/rootfs
        sed -i 's#"type": *"network"#"type":"network","path":"/run/netns/hand"#;
            s#"terminal": *true#"terminal":false#; s#"sh"#"sh","-c","%4$s"#' %2$s/config.json
        %1$s --root /run/hand run -b %2$s hand
        echo after: $(ip netns exec hand ls /sys/class/net) $(ip netns exec hand tc qdisc show dev net1)
        sed -i 's#"-c","[^"]*"#"-c","sleep 3600"#' %2$s/config.json
        %1$s --root /run/hand create -b %2$s killed </dev/null >/dev/null 2>&1
        %1$s --root /run/hand start killed
        echo joined: $(ip netns exec hand tc filter show dev net1 ingress)
        kill -KILL $(sed -E 's#.*"monitor":.*"pid":([0-9]+).*#\\1#' /run/hand/killed/state.json)
        %1$s --root /run/hand delete --force killed
        echo deleted: $(ip netns exec hand ls /sys/class/net) $(ip netns exec hand tc qdisc show dev net1)
        export BULKHEAD_CONF_FILE=%5$s
        %1$s --root /run/hand create -b %2$s over </dev/null >/dev/null 2>&1
        %1$s --root /run/hand start over
        echo over: $(ip netns exec hand ip -d link show bulkhead0)
        kill -KILL $(sed -E 's#.*"monitor":.*"pid":([0-9]+).*#\\1#' /run/hand/over/state.json)
        %1$s --root /run/hand delete --force over
        echo left: $(ip netns exec hand ls /sys/class/net)
        unset BULKHEAD_CONF_FILE
        ip netns exec hand tc qdisc add dev net1 ingress
        ip netns exec hand tc filter add dev net1 ingress u32 match u32 0 0 \
          action mirred egress redirect dev lo
        %1$s --root /run/hand create -b %2$s taken </dev/null >/dev/null 2>&1
        %1$s --root /run/hand start taken 2>&1 || true
        %1$s --root /run/hand delete --force taken
        echo kept: $(ip netns exec hand tc filter show dev net1 ingress)
        """
            .formatted(
                Dist.BINARY,
                bundle,
                Dist.busybox(),
                "ls /sys/class/net; ip addr show net1; ip route; ip neigh;"
                    + " timeout 10 wget -qO- http://10.200.0.1:9000/hello",
                daemon.macvtap());
    Process server =
        Command.of(
                daemon.inside(
                    Dist.busybox().resolve("bin/busybox").toString(),
                    "httpd",
                    "-f",
                    "-p",
                    "9000",
                    "-h",
                    files.toString()))
            .start();
    String output;
    try {
      output = host("sh", "-ec", script);
    } finally {
      server.destroy();
    }
    for (String expected :
        List.of(
            "lo\nnet1\n",
            "mtu 1300",
            "link/ether 02:00:00:00:00:42",
            "inet 10.200.0.2/32",
            "169.254.1.1 dev net1 scope link",
            "10.200.0.0/24 dev net1 scope link  src 10.200.0.2  metric 7",
            "default via 169.254.1.1 dev net1 onlink",
            "169.254.1.1 dev net1 lladdr",
            "PERMANENT",
            "hello from the guest",
            "after: lo net1 rest rest2 qdisc noqueue 0: root refcnt 2\n",
            "mirred (Egress Redirect to device bulkhead0) stolen",
            "deleted: lo net1 rest rest2 qdisc noqueue 0: root refcnt 2\n",
            "macvtap mode passthru",
            "left: lo net1 rest rest2\n",
            "net1 is taken: what it receives is filtered by somebody else",
            "mirred (Egress Redirect to device lo)")) {
      assertTrue(output.contains(expected), () -> expected + " is not in\n" + output);
    }
  }

  /** Pods as CNI's bridge makes them, one of Bulkhead's and one of runc's. */
  @Test
  void podsOfCniAreReachedAndReachOthers() throws IOException {
    Path bundles = Files.createTempDirectory("bundles");
    String script =
        """
        bridge() {
          echo '{"cniVersion":"0.4.0","name":"pods","type":"bridge","bridge":"cni9","isGateway":true,
            "ipam":{"type":"host-local","subnet":"10.222.0.0/24","dataDir":"/run/cni-addresses"}}' |
            CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 \\
            CNI_PATH=/usr/lib/cni /usr/lib/cni/bridge >/dev/null
        }
        leave() {
          set +e
          %1$s --root /run/cni delete --force pod2 2>/dev/null
          runc --root /run/runc-cni delete --force pod3 2>/dev/null
          iptables -D FORWARD -i cni9 -j ACCEPT
          for pod in pod2 pod3; do bridge DEL $pod; ip netns del $pod; done
          ip link del cni9
          rm -r %2$s
        }
        trap leave EXIT
        # Docker has made this host drop what it forwards.
        iptables -I FORWARD -i cni9 -j ACCEPT
        for pod in pod2 pod3; do
          ip netns add $pod
          bridge ADD $pod
          mkdir -p %2$s/$pod
          %1$s spec -b %2$s/$pod
          cp -a %3$s %2$s/$pod/rootfs
          mkdir %2$s/$pod/rootfs/www
          echo $pod >%2$s/$pod/rootfs/www/hello
          sed -i 's#"type": *"network"#"type":"network","path":"/run/netns/'$pod'"#
            s#"terminal": *true#"terminal":false#
            s#"sh"#"httpd","-f","-p","8080","-h","/www"#' %2$s/$pod/config.json
        done
        %1$s --root /run/cni run -d -b %2$s/pod2 pod2 </dev/null >%2$s/said 2>&1 ||
          { cat %2$s/said; exit 1; }
        runc --root /run/runc-cni run -d -b %2$s/pod3 pod3 </dev/null >/dev/null 2>&1
        get='timeout 60 wget -qO- http://10.222.0'
        curl -sS --retry 20 --retry-all-errors --retry-delay 1 http://10.222.0.2:8080/hello
        runc --root /run/runc-cni exec pod3 $get.2:8080/hello
        %1$s --root /run/cni exec pod2 $get.3:8080/hello
        %1$s --root /run/cni exec pod2 $get.1:9000/hello
        %1$s --root /run/cni delete --force pod2
        runc --root /run/runc-cni delete --force pod3
        echo left: $(ip netns exec pod2 tc qdisc show dev eth0)
        """
            .formatted(Dist.BINARY, bundles, Dist.busybox());
    Process server = hostServer("0.0.0.0");
    try {
      assertEquals(
          "pod2\npod2\npod3\nhello from the guest\nleft: qdisc noqueue 0: root refcnt 2\n",
          host("sh", "-ec", script));
    } finally {
      server.destroy();
    }
  }
}
