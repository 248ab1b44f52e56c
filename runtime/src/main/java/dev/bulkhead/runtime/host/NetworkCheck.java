package dev.bulkhead.runtime.host;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.netlink.Rtnetlink;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.network.ForwardPolicy;
import dev.bulkhead.runtime.network.Overlap;
import dev.bulkhead.runtime.network.bridge.DefaultBridge;
import dev.bulkhead.runtime.network.bridge.Nft;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks for what keeps containers' networks of this host from working. */
public final class NetworkCheck {
  private static final String TUN = "/dev/net/tun";
  private static final String VHOST_NET = "/dev/vhost-net";

  private final EventLoop loop;

  public NetworkCheck(EventLoop loop) {
    this.loop = loop;
  }

  /** Looks, in the network namespace that this process is in; the loop turns meanwhile. */
  public HostReport run() {
    List<Finding> findings = new ArrayList<>();
    findings.add(taps());
    findings.add(
        Files.exists(VHOST_NET)
            ? Finding.ok("vhost-net", VHOST_NET + " is there and used")
            : Finding.ok("vhost-net", "not there; the hypervisor moves frames by itself"));
    try (Rtnetlink netlink = Rtnetlink.open()) {
      findings.addAll(overlaps(Overlap.find(netlink)));
    }
    findings.add(bridge());
    return new HostReport(findings);
  }

  static Finding taps() {
    return Files.exists(TUN)
        ? Finding.ok("taps", TUN + " is there")
        : Finding.fail("taps", TUN + " is missing", "load the kernel's module tun");
  }

  static List<Finding> overlaps(List<Overlap> overlaps) {
    if (overlaps.isEmpty()) {
      return List.of(
          Finding.ok("networks", "no two interfaces have networks with addresses in common"));
    }
    return overlaps.stream()
        .map(overlap -> Finding.warning("networks", overlap.words(), remedy(overlap)))
        .toList();
  }

  /** What to do about it, on the side that is easier to change. */
  private static String remedy(Overlap overlap) {
    return remedy(overlap.one().link())
        .or(() -> remedy(overlap.other().link()))
        .orElse(
            "give "
                + overlap.one().link()
                + " or "
                + overlap.other().link()
                + " addresses of another network, or a shorter one");
  }

  private static Optional<String> remedy(String link) {
    if (link.equals("docker0")) {
      return Optional.of(
          "set \"bip\" in /etc/docker/daemon.json to an address of a free network, as"
              + " \"10.210.0.1/16\", and restart Docker");
    }
    if (link.startsWith("br-")) {
      return Optional.of(
          "create the Docker network of "
              + link
              + " again with a free --subnet, or set \"default-address-pools\" in"
              + " /etc/docker/daemon.json");
    }
    if (link.startsWith("podman") || link.startsWith("cni")) {
      return Optional.of(
          "change the subnet of "
              + link
              + " in /etc/containers/networks or /etc/cni/net.d, and make the containers again");
    }
    if (link.equals(DefaultBridge.NAME)) {
      return Optional.of(
          "end the containers of 'bulkhead run': the bridge then is made anew with a free network");
    }
    return Optional.empty();
  }

  private Finding bridge() {
    Optional<Nft> nft = Nft.find(loop);
    if (nft.isEmpty()) {
      return Finding.warning(
          "bridge",
          "the program nft was not found, which 'bulkhead run --net bridge' needs",
          "install the package nftables (apt-get install nftables)");
    }
    try {
      return bridge(ForwardPolicy.dropping(nft.get().chains()));
    } catch (ContainerException e) {
      return Finding.warning(
          "bridge", e.getMessage(), "run it as root, and load the kernel's module nf_tables");
    }
  }

  static Finding bridge(Optional<String> dropping) {
    return dropping
        .map(
            chain ->
                Finding.warning(
                    "bridge",
                    "the host drops what it forwards (" + chain + "), as Docker sets it",
                    DefaultBridge.FORWARD_REMEDY))
        .orElse(Finding.ok("bridge", "what the host forwards is not dropped"));
  }
}
