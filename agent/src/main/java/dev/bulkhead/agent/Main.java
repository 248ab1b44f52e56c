package dev.bulkhead.agent;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.agent.boot.HostPort;
import dev.bulkhead.agent.boot.HostSocket;
import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.boot.VirtioDrivers;
import dev.bulkhead.agent.cgroup.Cgroups;
import dev.bulkhead.agent.channel.HostChannel;
import dev.bulkhead.agent.network.GuestNetwork;
import dev.bulkhead.agent.service.AgentServer;
import dev.bulkhead.agentapi.Build;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Starts as /init. Whatever goes wrong is told on the console, and the machine ends. */
public final class Main {
  private static final long PORT_TIMEOUT_MILLIS = 60_000;

  private Main() {}

  /** Runs until the host ends the machine. */
  public static void main(String[] arguments) {
    try {
      GuestFileSystems.mountEssential();
      openStandardDescriptors();
      Signals.ignoreBrokenPipes();
      serve();
    } catch (RuntimeException e) {
      String message = "bulkhead agent: " + e.getMessage() + "\n";
      Fd.STDERR.writeAll(message.getBytes(StandardCharsets.UTF_8));
    }
    Machine.sync();
    Machine.restart();
  }

  /** The kernel may have started PID 1 without any descriptor; the console gets what is said. */
  private static void openStandardDescriptors() {
    String console = Files.exists("/dev/console") ? "/dev/console" : "/dev/null";
    for (int i = 0; i < 3; i++) {
      try (Fd fd = Files.open(i == 0 ? "/dev/null" : console, Open.O_RDWR | Open.O_NOCTTY)) {
        fd.duplicateTo(i);
      }
    }
  }

  private static void serve() {
    EventLoop loop = new EventLoop();
    KernelModules modules = KernelModules.open();
    modules.load("virtio_pci");
    modules.load("virtio_mmio");
    Cgroups cgroups = new Cgroups();
    GuestNetwork network = new GuestNetwork(loop, modules);
    ServiceRegistry services = AgentServer.create(loop, modules, cgroups, network, Build.VERSION);
    if (HostSocket.isAvailable()) {
      HostSocket.listen(loop, modules, fd -> HostChannel.serveConnection(loop, fd, services));
    } else {
      modules.load("virtio_console");
      Optional<Fd> port = HostPort.await(loop, PORT_TIMEOUT_MILLIS);
      if (port.isEmpty()) {
        throw new IllegalStateException("there is no virtio port '" + HostPort.NAME + "'");
      }
      HostChannel.servePort(loop, port.get(), services);
    }
    // The host's first question is answered before the rest of the guest is made.
    loop.post(
        () -> {
          GuestFileSystems.mountRest();
          cgroups.prepare();
          Network.bringUp("lo");
          VirtioDrivers.load(modules);
          network.prepare();
        });
    loop.runUntil(() -> false);
  }
}
