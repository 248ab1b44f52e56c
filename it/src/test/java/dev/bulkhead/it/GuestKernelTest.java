package dev.bulkhead.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The kernel that {@code make guest-kernel} builds: used if it is there, and enough for Docker. */
@ExtendWith(LeavesNothing.class)
final class GuestKernelTest {
  private static final Path KERNEL = Dist.SHARE.resolve("guest-kernel");

  @TempDir Path scratch;

  @BeforeEach
  void needsTheKernel() {
    assumeTrue(
        Files.exists(KERNEL.resolve("vmlinux")), "make guest-kernel has not built the kernel");
  }

  private static Command run(List<String> options, String... command) {
    List<String> words = new ArrayList<>(List.of("run"));
    words.addAll(options);
    words.addAll(List.of(command));
    return Dist.bulkhead(words.toArray(String[]::new));
  }

  private static String release(Path directory) throws Exception {
    return Files.readAllLines(directory.resolve("guest.properties")).stream()
        .filter(line -> line.startsWith("kernel.release="))
        .map(line -> line.substring(line.indexOf('=') + 1))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void isTakenIfItIsThereAndDebiansIfThatIsNamed() throws Exception {
    String own = run(List.of(), Dist.busybox().toString(), "uname", "-r").run().succeeds().output();
    assertEquals(release(KERNEL) + "\n", own);
    Path settings =
        Files.writeString(
            scratch.resolve("configuration.toml"),
            "[hypervisor.qemu]\nkernel = \"" + Dist.SHARE.resolve("vmlinux") + "\"\n");
    String debians =
        Dist.bulkhead(
                "--config", settings.toString(), "run", Dist.busybox().toString(), "uname", "-r")
            .run()
            .succeeds()
            .output();
    assertEquals(release(Dist.SHARE) + "\n", debians);
    assertTrue(
        Dist.bulkhead("env")
            .run()
            .succeeds()
            .output()
            .contains("\"" + KERNEL.resolve("vmlinux") + "\""));
  }

  /** Its file systems, network filters, namespaces and cgroups are what Docker itself wants. */
  @Test
  void runsDockerInAContainer() throws Exception {
    Path script =
        Files.writeString(
            scratch.resolve("docker-inside"),
            """
            set -e
            mkdir -p /var/lib/docker
            mount -t tmpfs tmpfs /var/lib/docker
            mount -t tmpfs tmpfs /run
            # What is in a cgroup's own processes cannot have children with limits.
            cd /sys/fs/cgroup
            mkdir init
            while read -r process; do
              # Short-lived ones are gone by now.
              [ -d "/proc/$process" ] && echo "$process" > init/cgroup.procs || true
            done < cgroup.procs
            sed -e 's/ / +/g' -e 's/^/+/' cgroup.controllers > cgroup.subtree_control
            cd /
            mkfifo /run/log
            dockerd > /run/log 2>&1 &
            # It says when it listens.
            while read -r line; do
              echo "$line" >&2
              case $line in *"API listen on"*) break ;; esac
            done < /run/log
            cat /run/log >&2 &
            tar -C /busybox -c . | docker import - busybox > /run/id
            docker run --rm -m 64m --cpus 0.5 busybox \
              sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max'
            docker run -d --name web busybox \
              sh -c 'mkdir /w; echo inside > /w/index.html; exec httpd -f -p 80 -h /w' > /run/id
            docker run --rm --link web busybox wget -q -O - http://web/
            docker info -f '{{.Driver}} {{.CgroupVersion}}'
            docker rm -f web > /run/id
            """);
    Command.Result result =
        run(
                List.of(
                    "--privileged",
                    "-m",
                    "1g",
                    "-v",
                    Dist.busybox() + ":/busybox:ro",
                    "-v",
                    script + ":/docker-inside:ro",
                    Dist.debian13().toString()),
                "sh",
                "/docker-inside")
            .timeoutSeconds(300)
            .run()
            .succeeds();
    assertEquals("67108864\n50000 100000\ninside\noverlay2 2\n", result.output());
    assertFalse(result.errors().contains("level=error"), result.errors());
  }
}
