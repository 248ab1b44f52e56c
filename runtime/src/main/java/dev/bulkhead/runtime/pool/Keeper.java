package dev.bulkhead.runtime.pool;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.network.TapDevice;
import dev.bulkhead.runtime.run.ShareServer;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.runtime.template.WarmUp;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SandboxDirectory;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.pool.HandOver;
import dev.bulkhead.sandbox.pool.Pool;
import dev.bulkhead.sandbox.pool.PoolDirectory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The life of a keeper: it makes one machine ready, hands it to the first who connects, and stays
 * its hypervisor's parent. Until then it ends with the pool, afterwards with the one who took it;
 * killed, it takes the machine along.
 */
final class Keeper {
  /** What could not be told to the pool in one message would be of no use to a reader either. */
  static final int LONGEST_REASON = 2_000;

  private final EventLoop loop = new EventLoop();
  private final KeeperPlan plan;
  private final Fd pool;
  private boolean ended;
  private Optional<Fd> taker = Optional.empty();

  private Keeper(KeeperPlan plan, Fd pool) {
    this.plan = plan;
    this.pool = pool;
  }

  /**
   * Lives, in a process that was forked for it.
   *
   * @param pool where to tell how it goes; its end ends this one
   * @return the process's exit code
   */
  static int live(KeeperPlan plan, Fd pool) {
    Processes.startDaemon("bulkhead-keeper", List.of(pool));
    Keeper keeper = new Keeper(plan, pool);
    try {
      keeper.run();
      return 0;
    } catch (AgentException
        | ConfigurationException
        | ContainerException
        | HypervisorException
        | LinuxException
        | SandboxException e) {
      keeper.tell(KeeperWord.FAILED, e.getMessage());
      return 1;
    }
  }

  /** A pool that is gone needs to know nothing. */
  private void tell(KeeperWord word, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] message = new byte[1 + Math.min(LONGEST_REASON, text.length)];
    message[0] = word.letter();
    System.arraycopy(text, 0, message, 1, message.length - 1);
    try {
      if (pool.isOpen()) {
        pool.sendWithoutBlocking(message, 0, message.length);
      }
    } catch (LinuxException e) {
      if (!e.isOfPeersEnd()) {
        throw e;
      }
    }
  }

  private void run() throws ConfigurationException {
    PoolDirectory directory = new PoolDirectory(plan.configuration().factory().poolPath());
    try (Signals signals =
            Signals.handle(
                loop, List.of(Signals.SIGTERM, Signals.SIGINT), signal -> ended = taker.isEmpty());
        EventLoop.Watch end = loop.watch(pool, EventLoop.READABLE, events -> ended = true);
        SandboxDirectory sandboxDirectory = SandboxDirectory.inMemory(directory.prepareStage())) {
      try {
        keep(directory, sandboxDirectory, end);
      } finally {
        sandboxDirectory.unmountAll();
      }
    }
  }

  private void keep(PoolDirectory places, SandboxDirectory directory, EventLoop.Watch poolsEnd)
      throws ConfigurationException {
    Setup setup =
        Setup.of(
            loop,
            plan.configuration(),
            plan.share(),
            plan.root(),
            warning -> tell(KeeperWord.WARNED, warning));
    SharedDirectory shared = SharedDirectory.create(directory);
    try (Fd network = newNetwork();
        ShareServer.Serving serving = setup.shares().serve(directory, shared, reason -> {})) {
      List<NetworkDevice> devices = taps(setup, network);
      try {
        MachineSpec spec =
            setup
                .machines()
                .machine(
                    "ready-" + Processes.pid(),
                    plan.example().linux().resources(),
                    serving.shares(),
                    devices);
        if (spec.sharesMemory()) {
          throw new ContainerException(
              "machines whose files are shared over virtio-fs cannot be handed over; set shared_fs"
                  + " to virtio-9p");
        }
        try (Sandbox sandbox =
            Sandbox.boot(
                loop,
                setup.templates().withoutPool(),
                spec,
                setup.limits(),
                setup.roots(),
                this::checkGoesOn)) {
          sandbox.awaitAgent();
          if (!sandbox.isWarm()) {
            new WarmUp(loop, setup, plan.example())
                .run(sandbox, shared, serving.storages(), devices);
          }
          offer(sandbox, places.listen(setup.templates().key(spec), Processes.pid()));
          if (taker.isPresent()) {
            poolsEnd.close();
            handOver(sandbox, shared, devices.isEmpty() ? Optional.empty() : Optional.of(network));
            devices.forEach(NetworkDevice::close);
            network.close();
            serve(sandbox);
          }
        }
      } finally {
        devices.forEach(NetworkDevice::close);
      }
    }
  }

  private static Fd newNetwork() {
    return Namespaces.withinNew(Namespaces.NETWORK, "net", () -> Namespaces.openOwn("net"));
  }

  private List<NetworkDevice> taps(Setup setup, Fd network) {
    int count =
        switch (plan.use()) {
          case ENGINES -> SandboxNetwork.count(setup.network(), setup.machines().model(), 1);
          case RUN -> 0;
        };
    int processors = setup.machines().vcpus(plan.example().linux().resources().cpu());
    return Namespaces.within(
        network,
        Namespaces.NETWORK,
        "net",
        () -> TapDevice.unconnected(count, Pool::tapName, processors));
  }

  private void checkGoesOn() {
    if (ended) {
      throw new SandboxException("the pool has ended");
    }
  }

  /** Waits for someone who takes the machine; nobody does if this is to end before. */
  private void offer(Sandbox sandbox, Fd listener) {
    try (listener) {
      sandbox.machine().onExit(exit -> ended = true);
      try (EventLoop.Watch watch =
          loop.watch(
              listener,
              EventLoop.READABLE,
              events -> taker = taker.or(() -> UnixSocket.accept(listener)))) {
        tell(KeeperWord.READY, "");
        Processes.rest();
        loop.runUntil(() -> ended || taker.isPresent());
      } finally {
        Files.removeIfExists(listener.name());
      }
    }
  }

  private void handOver(Sandbox sandbox, SharedDirectory shared, Optional<Fd> network) {
    try (DetachedMount share = DetachedMount.copyOf(shared.path(), false)) {
      // What is mounted here later by the other one must not be unmounted there with this one.
      Mounts.detachIfMounted(shared.path());
      new HandOver(sandbox.handOver(), share, network).send(taker.orElseThrow());
    }
    tell(KeeperWord.TAKEN, "");
    pool.close();
  }

  /** Waits until the machine or the one who took it has ended. */
  private void serve(Sandbox sandbox) {
    Fd connection = taker.orElseThrow();
    ended = sandbox.exit().isPresent();
    try (EventLoop.Watch watch =
        loop.watch(connection, EventLoop.READABLE, events -> ended = true)) {
      Processes.rest();
      loop.runUntil(() -> ended);
    }
    if (sandbox.exit().isPresent()) {
      byte[] report = sandbox.machine().exitReport();
      connection.sendWithoutBlocking(report, 0, report.length);
    }
    connection.close();
  }
}
