package dev.bulkhead.runtime.run;

import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.network.NameRelay;
import dev.bulkhead.runtime.network.bridge.DefaultBridge;
import dev.bulkhead.runtime.network.bridge.HostResolver;
import dev.bulkhead.runtime.network.bridge.PublishedPort;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.Sandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The network of a container of {@code run}: none, or a place on the default bridge with the host's
 * names. Its owner closes it when the machine is gone.
 */
final class RunNetwork implements AutoCloseable {
  private final EventLoop loop;
  private final Optional<DefaultBridge> bridge;
  private final Consumer<String> warn;
  private Optional<Fd> host = Optional.empty();
  private Optional<NameRelay> names = Optional.empty();

  /** What a container of {@code run} may ask for. */
  sealed interface Wish {
    /** Its loopback only. */
    record None() implements Wish {}

    /** The default bridge. */
    record Bridge(List<PublishedPort> ports) implements Wish {
      public Bridge {
        ports = List.copyOf(ports);
      }
    }
  }

  private RunNetwork(EventLoop loop, Optional<DefaultBridge> bridge, Consumer<String> warn) {
    this.loop = loop;
    this.bridge = bridge;
    this.warn = warn;
  }

  /** Makes what the machine needs at its boot. */
  static RunNetwork open(
      EventLoop loop, Setup setup, LinuxResources resources, Wish wish, Consumer<String> warn) {
    return switch (wish) {
      case Wish.None none -> new RunNetwork(loop, Optional.empty(), warn);
      case Wish.Bridge(List<PublishedPort> ports) ->
          new RunNetwork(
              loop,
              Optional.of(
                  DefaultBridge.join(
                      loop,
                      setup.machines().model(),
                      setup.machines().vcpus(resources.cpu()),
                      ports,
                      warn)),
              warn);
    };
  }

  /** The devices that the machine has to have. */
  List<NetworkDevice> devices() {
    return bridge.map(DefaultBridge::device).map(List::of).orElse(List.of());
  }

  /**
   * Adds the files that tell a container's programs of its network.
   *
   * @param directory where they are made; it is its owner's, who removes it with them
   */
  Spec withFiles(Spec spec, String directory) {
    if (bridge.isEmpty()) {
      return spec;
    }
    StringBuilder hosts = new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost\n");
    for (IpAddress address : bridge.get().addresses()) {
      hosts.append(address).append('\t').append(spec.hostname()).append('\n');
    }
    List<Mount> mounts = new ArrayList<>(spec.mounts());
    mounts.add(file(directory, "resolv.conf", resolvConf()));
    mounts.add(file(directory, "hosts", hosts.toString()));
    return spec.withMounts(mounts);
  }

  private static String resolvConf() {
    return Files.readTextIfExists(HostResolver.FILE).orElse("");
  }

  private static Mount file(String directory, String name, String content) {
    String path = directory + "/" + name;
    Files.replace(path, content, 0644);
    return Mount.DEFAULT
        .withDestination("/etc/" + name)
        .withType("bind")
        .withSource(path)
        .withOptions(List.of("bind", "rprivate"));
  }

  /** Gives the guest its network; its containers come after this. */
  void connect(Sandbox sandbox) {
    if (bridge.isEmpty()) {
      return;
    }
    bridge.get().connect(sandbox);
    Optional<IpAddress> server = HostResolver.onLoopback(resolvConf());
    if (server.isPresent()) {
      Fd namespace = Namespaces.openOwn("net");
      host = Optional.of(namespace);
      NameRelay relay =
          new NameRelay(
              loop,
              namespace,
              HostResolver.peer(server.get()),
              server.get().toString(),
              sandbox.agent(),
              warn);
      names = Optional.of(relay);
      relay.listen();
    }
  }

  @Override
  public void close() {
    names.ifPresent(NameRelay::close);
    host.ifPresent(Fd::close);
    bridge.ifPresent(DefaultBridge::close);
  }
}
