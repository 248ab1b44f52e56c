package dev.bulkhead.it.docker;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Mount and network namespaces with a /run of their own, in which daemons see nothing of this
 * machine's and leave nothing to it; on request with another distribution as their root.
 */
public final class HostNamespaces implements AutoCloseable {
  private final Process holder;
  private final List<String> root;

  private HostNamespaces(Process holder, List<String> root) {
    this.holder = holder;
    this.root = List.copyOf(root);
  }

  /** Namespaces with this machine's files. */
  public static HostNamespaces make() {
    return hold(
        "ip link set lo up; mount -t tmpfs tmpfs /run -o mode=755; mount --make-rshared /;",
        List.of());
  }

  /** Namespaces whose root is a Debian 13; the build directory has the same path in it. */
  public static HostNamespaces makeOnDebian13() {
    Path folder = Dist.debian13();
    Path build = Dist.scratch("..").normalize();
    // Bound onto itself first, as a later bind would hide what was mounted below.
    String mounts =
        """
        ip link set lo up
        mount --bind %1$s %1$s
        mount --make-shared %1$s
        for directory in proc sys dev; do mount --rbind /$directory %1$s/$directory; done
        mount -t tmpfs tmpfs %1$s/run -o mode=755
        mkdir -p %1$s%2$s
        mount --rbind %2$s %1$s%2$s
        """
            .formatted(folder, build);
    return hold(mounts, List.of("chroot", folder.toString()));
  }

  private static HostNamespaces hold(String mounts, List<String> root) {
    try {
      Process holder =
          new ProcessBuilder(
                  "unshare",
                  "-mn",
                  "--propagation",
                  "private",
                  "sh",
                  "-ec",
                  mounts + " echo ready; exec sleep 86400")
              .start();
      BufferedReader reader = holder.inputReader(StandardCharsets.UTF_8);
      if (!"ready".equals(reader.readLine())) {
        throw new IllegalStateException(
            new String(holder.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
      }
      return new HostNamespaces(holder, root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The words of a command that runs in the namespaces. */
  public List<String> inside(String... words) {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "-t", Long.toString(holder.pid()), "-m", "-n", "--"));
    all.addAll(root);
    all.addAll(List.of(words));
    return all;
  }

  /** Where a path of the namespaces is found from outside. */
  public Path outside(String path) {
    return Path.of("/proc/" + holder.pid() + "/root" + path);
  }

  @Override
  public void close() {
    Command.end(holder);
  }
}
