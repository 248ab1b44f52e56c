package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.docker.DockerDaemon;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Servers in containers on Docker's default bridge, with their clients on the host's side of it:
 * Bulkhead, runc and gVisor's runsc in turns.
 */
final class NetworkBenchmark {
  private static final List<String> RUNTIMES = List.of("runc", "runsc-hostnet", "bulkhead");
  private static final String IMAGE = "servers";
  private static final int BIG = 64 << 20;
  private static final String REQUESTS = "10000";
  private static final String CLIENTS = "32";

  /** One run takes seconds, so that fewer do. */
  private static final int MOST_ROUNDS = 5;

  /** A page that is opened for each request, in a file of the image. */
  private static final String FILE_PORT = ":81";

  private static final String FILE_REQUESTS = "500";

  // From memory and without a log of each request, so that it is the network that is measured.
  private static final String SERVERS =
      """
      head -c 67108864 /dev/zero >/pages/big && cp /var/www/html/*.html /pages/index.html &&
      echo 'access_log off; server { listen 80 default_server; root /pages; }
      server { listen 81; root /var/www/html; index index.nginx-debian.html; }' >/etc/nginx/conf.d/bench.conf &&
      rm /etc/nginx/sites-enabled/default && sed -i '/access_log/d' /etc/nginx/nginx.conf &&
      redis-server --protected-mode no --save '' --daemonize yes >/dev/null && exec nginx -g 'daemon off;'
      """;

  private NetworkBenchmark() {}

  static void run(int rounds) throws Exception {
    try (DockerDaemon daemon = DockerDaemon.start()) {
      Path root = Dist.scratch("servers");
      Command.of(
              Dist.scratch("../..").resolve("tools/server-image").normalize().toString(),
              root.toString())
          .timeoutSeconds(900)
          .run()
          .succeeds();
      daemon.importDirectory(root, IMAGE);
      Map<String, String> addresses = new LinkedHashMap<>();
      for (String runtime : RUNTIMES) {
        daemon
            .docker(
                "run",
                "-d",
                "--name",
                runtime,
                "--runtime",
                runtime,
                "--memory",
                "512m",
                "--tmpfs",
                "/pages",
                IMAGE,
                "sh",
                "-c",
                SERVERS)
            .run()
            .succeeds();
        String address = daemon.inspect(runtime, "{{.NetworkSettings.IPAddress}}");
        client(
            daemon,
            "curl",
            "-sS",
            "--retry",
            "30",
            "--retry-all-errors",
            "http://" + address + "/");
        addresses.put(runtime, address);
      }
      hold(daemon, addresses, Math.min(rounds, MOST_ROUNDS));
    }
  }

  private static void hold(DockerDaemon daemon, Map<String, String> addresses, int rounds)
      throws Exception {
    Contest to = new Contest("64 MiB to redis, one TCP stream", "Mbit/s");
    Contest from = new Contest("64 MiB from nginx, one TCP stream", "Mbit/s");
    Contest roundTrip = new Contest("`ping CONTAINER`, mean of 200", "µs");
    Contest nginx = new Contest("nginx, `ab -k -c 32`", "requests/s");
    Contest file = new Contest("nginx, a file of the image, `ab -k -c 32`", "requests/s");
    Contest redis = new Contest("redis, `redis-benchmark -t get -c 32`", "requests/s");
    addresses.forEach(
        (runtime, address) -> {
          to.with(runtime, () -> sent(daemon, address));
          from.with(runtime, () -> received(daemon, address));
          roundTrip.with(runtime, () -> roundTrip(daemon, address));
          nginx.with(runtime, () -> nginx(daemon, REQUESTS, address));
          file.with(runtime, () -> nginx(daemon, FILE_REQUESTS, address + FILE_PORT));
          redis.with(runtime, () -> redis(daemon, address));
        });
    for (Contest contest : List.of(to, from, roundTrip, nginx, redis, file)) {
      contest.hold(rounds);
    }
  }

  private static String client(DockerDaemon daemon, String... words) {
    return Command.of(daemon.inside(words)).run().succeeds().output();
  }

  private static double received(DockerDaemon daemon, String address) {
    String speed =
        client(
            daemon,
            "curl",
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            "%{speed_download}",
            "http://" + address + "/big");
    return Double.parseDouble(speed) * 8 / 1e6;
  }

  private static double sent(DockerDaemon daemon, String address) throws Exception {
    String script = "head -c " + BIG + " /dev/zero | redis-cli -h " + address + " -x set big";
    double millis = Timed.millis(Command.of(daemon.inside("sh", "-c", script)));
    return BIG * 8 / 1e3 / millis;
  }

  /** From "rtt min/avg/max/mdev = 0.035/0.044/0.061/0.008 ms". */
  private static double roundTrip(DockerDaemon daemon, String address) {
    String report = client(daemon, "ping", "-q", "-c", "200", "-i", "0.005", address);
    String figures = report.substring(report.indexOf("= ") + 2);
    return 1000 * Double.parseDouble(List.of(figures.split("/", -1)).get(1));
  }

  private static double nginx(DockerDaemon daemon, String requests, String address) {
    String report =
        client(daemon, "ab", "-q", "-k", "-n", requests, "-c", CLIENTS, "http://" + address + "/");
    return Double.parseDouble(behind(report, "Requests per second:").split(" ", 2)[0]);
  }

  /** From "GET","12345.67","0.103",... behind a line of heads. */
  private static double redis(DockerDaemon daemon, String address) {
    String report =
        client(
            daemon,
            "redis-benchmark",
            "-h",
            address,
            "-t",
            "get",
            "-n",
            REQUESTS,
            "-c",
            CLIENTS,
            "--csv");
    return Double.parseDouble(behind(report, "\"GET\",\"").split("\"", 2)[0]);
  }

  private static String behind(String report, String words) {
    int start = report.indexOf(words);
    if (start < 0) {
      throw new IllegalStateException(words + " is not in\n" + report);
    }
    return report.substring(start + words.length()).trim();
  }
}
