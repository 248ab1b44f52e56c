package dev.bulkhead.sandbox.template;

import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.Hypervisor;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.VhostVsock;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.pool.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Starts machines: takes them from the pool where there are any, else as clones of templates where
 * there are any, else by booting them. The first machine of its kind makes the template.
 */
public final class Templates {
  private final EventLoop loop;
  private final Hypervisor hypervisor;
  private final Optional<TemplateStore> store;
  private final Optional<Pool> pool;
  private final Optional<ReadyMaker> readyMaker;
  private final String shareOptions;
  private final boolean vsock;
  private final long bootMillis;
  private final Consumer<String> warn;

  /**
   * Starts machines of a hypervisor.
   *
   * @param store empty to boot every machine
   * @param pool empty to start every machine
   * @param readyMaker makes templates that are saved with the hypervisor's process; empty to save
   *     none of these
   * @param shareOptions those that guests mount the host's files with
   * @param vsock whether agents are reached over vsock, which no clone can be
   * @param bootMillis how long a template's agent has to come up
   * @param warn told in one sentence why a machine boots that should have been a clone
   */
  public Templates(
      EventLoop loop,
      Hypervisor hypervisor,
      Optional<TemplateStore> store,
      Optional<Pool> pool,
      Optional<ReadyMaker> readyMaker,
      String shareOptions,
      boolean vsock,
      long bootMillis,
      Consumer<String> warn) {
    this.loop = loop;
    this.hypervisor = hypervisor;
    this.store = store;
    this.pool = pool;
    this.readyMaker = readyMaker;
    this.shareOptions = shareOptions;
    this.vsock = vsock;
    this.bootMillis = bootMillis;
    this.warn = warn;
  }

  /** The same, which takes no machine from the pool. */
  public Templates withoutPool() {
    return with(store);
  }

  /** The same, which boots every machine. */
  public Templates booting() {
    return with(Optional.empty());
  }

  private Templates with(Optional<TemplateStore> newStore) {
    return new Templates(
        loop,
        hypervisor,
        newStore,
        Optional.empty(),
        readyMaker,
        shareOptions,
        vsock,
        bootMillis,
        warn);
  }

  /** How far a machine has come that was started. */
  public enum Progress {
    /** Its guest boots. */
    BOOTS,
    /** Its guest was another's so far, and has to be made a machine of its own. */
    CLONED,
    /** As {@link #CLONED}, and its guest is up and waits for containers. */
    RESTORED,
    /** Its guest is up and waits for containers. */
    READY
  }

  /**
   * A machine that was started.
   *
   * @param whenUp to be run when its agent has answered: tells why it booted, if it should have
   *     been a clone. A machine that cannot boot either has an error of its own.
   */
  public record Started(VirtualMachine machine, Progress progress, Runnable whenUp) {}

  /**
   * Starts a machine.
   *
   * @param check called while a template is made; what it throws ends that
   * @throws HypervisorException if it cannot be started
   */
  public Started start(MachineSpec spec, Runnable check) {
    if (vsock) {
      return bootWithVsock(spec);
    }
    Optional<VirtualMachine> ready =
        pool.filter(Pool::isThere).flatMap(keepers -> keepers.take(key(spec), spec));
    if (ready.isPresent()) {
      return new Started(ready.get(), Progress.READY, () -> {});
    }
    if (store.isPresent() && canBeCloned(spec)) {
      try {
        return clone(store.get(), spec, check);
      } catch (HypervisorException | LinuxException | AgentException | TemplateException e) {
        return boot(
            spec,
            () ->
                warn.accept(
                    "the machine boots, which takes longer, for there is no template of it: "
                        + e.getMessage()));
      }
    }
    return boot(spec, () -> {});
  }

  private Started boot(MachineSpec spec, Runnable whenUp) {
    return new Started(hypervisor.start(spec, new Origin.Boot()), Progress.BOOTS, whenUp);
  }

  /** The hypervisor's copy of the device keeps the address. */
  private Started bootWithVsock(MachineSpec spec) {
    try (VhostVsock address =
        VhostVsock.claim()
            .orElseThrow(
                () ->
                    new HypervisorException(
                        "use_vsock is set, but the host has no /dev/vhost-vsock; load the module"
                            + " vhost_vsock, or set use_vsock to false"))) {
      AgentChannel channel = new AgentChannel.Vsock(address.device(), address.contextId());
      return boot(spec.with(channel), () -> {});
    }
  }

  /** What such machines have in common. */
  public TemplateKey key(MachineSpec spec) {
    return TemplateKey.of(spec, hypervisor.identity(), shareOptions, beginning(spec));
  }

  private TemplateKey.Beginning beginning(MachineSpec spec) {
    if (store.isEmpty() || !canBeCloned(spec)) {
      return TemplateKey.Beginning.BOOT;
    }
    return readyMaker.isPresent() && hypervisor.savesProcess(spec)
        ? TemplateKey.Beginning.PROCESS
        : TemplateKey.Beginning.STATE;
  }

  /** Where templates are kept; empty if every machine boots. */
  public Optional<TemplateStore> store() {
    return store;
  }

  /**
   * Makes the template of such machines, unless it is there already.
   *
   * @throws RuntimeException of the hypervisor's or agent's kinds if it cannot be made
   */
  public void prepare(MachineSpec spec) {
    TemplateKey key = key(spec);
    template(store.orElseThrow(), key, spec, () -> {}).close();
  }

  // A machine with a daemon behind one of its devices cannot be saved by the QEMU of Debian 12.
  private static boolean canBeCloned(MachineSpec spec) {
    return !spec.sharesMemory();
  }

  private Started clone(TemplateStore templates, MachineSpec spec, Runnable check) {
    TemplateKey key = key(spec);
    try (Template template = template(templates, key, spec, check)) {
      Progress progress =
          switch (template) {
            case Template.MachineState state -> Progress.CLONED;
            case Template.ProcessImage process -> Progress.RESTORED;
          };
      return new Started(hypervisor.start(spec, template.origin()), progress, () -> {});
    } catch (HypervisorException e) {
      // Whoever comes next finds out whether a new one is better.
      templates.remove(key.name());
      throw e;
    }
  }

  private Template template(
      TemplateStore templates, TemplateKey key, MachineSpec spec, Runnable check) {
    Optional<Template> ready = templates.open(key);
    if (ready.isPresent()) {
      return ready.get();
    }
    try (Fd lock = templates.lock(key, check)) {
      ready = templates.open(key);
      if (ready.isPresent()) {
        return ready.get();
      }
      make(templates, key, spec, check);
      return templates.open(key).orElseThrow(() -> new TemplateException("it was removed at once"));
    }
  }

  private void make(TemplateStore templates, TemplateKey key, MachineSpec spec, Runnable check) {
    Optional<String> reason = Optional.empty();
    if (beginning(spec) == TemplateKey.Beginning.PROCESS) {
      try {
        makeReady(templates, key, spec, check);
        return;
      } catch (TemplateException e) {
        reason = Optional.of(e.getMessage());
      }
    }
    makeState(templates, key, spec, check);
    reason.ifPresent(
        why ->
            warn.accept(
                "machines begin as clones of one that has just booted, which takes longer: "
                    + why));
  }

  private void makeReady(
      TemplateStore templates, TemplateKey key, MachineSpec spec, Runnable check) {
    boolean made = false;
    try (Template.ProcessImage files = templates.beginProcess(key)) {
      String stage = templates.emptyDirectory(key);
      readyMaker.orElseThrow().make(spec, files.pages(), files.process(), stage, check);
      templates.publish(key);
      made = true;
    } finally {
      if (!made) {
        templates.abandon(key);
      }
    }
  }

  private void makeState(
      TemplateStore templates, TemplateKey key, MachineSpec spec, Runnable check) {
    boolean made = false;
    try (Template.MachineState files = templates.beginState(key)) {
      save(templateSpec(templates.emptyDirectory(key), key, spec), files, check);
      templates.publish(key);
      made = true;
    } finally {
      if (!made) {
        templates.abandon(key);
      }
    }
  }

  private void save(MachineSpec spec, Template.MachineState files, Runnable check) {
    try (VirtualMachine machine = hypervisor.start(spec, new Origin.Template(files.memory()));
        AgentClient agent = AgentClient.of(loop, machine, bootMillis, check)) {
      machine.onExit(exit -> agent.fail(exit.sentence()));
      agent.await(Health.CHECK, CheckRequest.DEFAULT, bootMillis, check);
      // It sets up the rest of the guest behind its first answer.
      agent.await(Health.CHECK, CheckRequest.DEFAULT, bootMillis, check);
      machine.save(files.state());
    } finally {
      spec.networkDevices().forEach(NetworkDevice::close);
    }
  }

  /**
   * Finds out whether a machine goes on from what was saved with its hypervisor's process.
   *
   * @param spec as it was saved, but for the taps
   * @throws RuntimeException of the hypervisor's or agent's kinds if it does not
   */
  public void tryOut(MachineSpec spec, Fd pages, Fd process, Runnable check) {
    MachineSpec another = spec.with(spec.name(), spec.shares(), unconnected(spec.networkDevices()));
    try (VirtualMachine machine =
            hypervisor.start(another, new Origin.ProcessImage(pages, process));
        AgentClient agent = AgentClient.of(loop, machine, bootMillis, check)) {
      machine.onExit(exit -> agent.fail(exit.sentence()));
      agent.await(Health.CHECK, CheckRequest.DEFAULT, bootMillis, check);
    } finally {
      another.networkDevices().forEach(NetworkDevice::close);
    }
  }

  /** The same machine with nothing behind its devices. */
  private static MachineSpec templateSpec(
      String emptyDirectory, TemplateKey key, MachineSpec spec) {
    List<Share> shares = new ArrayList<>();
    for (Share share : spec.shares()) {
      shares.add(new Share.NineP(share.tag(), emptyDirectory, true));
    }
    return spec.with("template-" + key.name(), shares, unconnected(spec.networkDevices()));
  }

  /** The same devices, in a network where nobody else is; the caller's to close. */
  public static List<NetworkDevice> unconnected(List<NetworkDevice> devices) {
    if (devices.isEmpty()) {
      return List.of();
    }
    return Namespaces.withinNew(
        Namespaces.NETWORK,
        "net",
        () -> {
          List<NetworkDevice> made = new ArrayList<>();
          try {
            for (NetworkDevice device : devices) {
              made.add(unconnected(device));
            }
            return made;
          } catch (LinuxException e) {
            made.forEach(NetworkDevice::close);
            throw e;
          }
        });
  }

  private static NetworkDevice unconnected(NetworkDevice device) {
    List<Fd> taps = Network.createTap("tap" + device.pciPath(), device.taps().size());
    List<Fd> accelerators = new ArrayList<>();
    try {
      for (Fd accelerator : device.accelerators()) {
        accelerators.add(Files.open(accelerator.name(), Open.O_RDWR));
      }
      return new NetworkDevice(taps, accelerators, device.pciPath());
    } catch (LinuxException e) {
      taps.forEach(Fd::close);
      accelerators.forEach(Fd::close);
      throw e;
    }
  }
}
