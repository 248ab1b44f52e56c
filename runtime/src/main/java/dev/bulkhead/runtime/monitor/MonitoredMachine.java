package dev.bulkhead.runtime.monitor;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.LentFiles;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SharedDirectory;
import dev.bulkhead.sandbox.SharedFiles;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The containers of a machine: the first one, with which it ends, and those that came later to
 * share its network.
 */
final class MonitoredMachine implements MonitoredContainer.Owner, AutoCloseable {
  private final EventLoop loop;
  private final Parts parts;
  private final MonitoredContainer.Description what;
  private final MessageLog log;
  private final Map<String, MonitoredContainer> joined = new LinkedHashMap<>();
  private final Map<String, ContainerFiles> joinedFiles = new HashMap<>();

  /** Those of them that are being taken apart, while the loop turns. */
  private final Set<String> retiring = new HashSet<>();

  private Optional<MonitoredContainer> first = Optional.empty();
  private boolean ended;
  private boolean machineLost;

  /** What it consists of, all of it its owner's. */
  record Parts(Setup setup, SharedDirectory shared, SandboxNetwork network, Sandbox sandbox) {}

  /**
   * A machine that boots.
   *
   * @param what its first container
   */
  MonitoredMachine(
      EventLoop loop, Parts parts, MonitoredContainer.Description what, MessageLog log) {
    this.loop = loop;
    this.parts = parts;
    this.what = what;
    this.log = log;
  }

  /**
   * Prepares for the first container, which can be told of its end from now on.
   *
   * @param stdio of its first process; taken over
   * @param link to its container process; taken over
   */
  void prepare(HostStdio stdio, Fd link) {
    first = Optional.of(container(what, stdio, link));
  }

  private MonitoredContainer container(
      MonitoredContainer.Description description, HostStdio stdio, Fd link) {
    return new MonitoredContainer(
        loop, parts.sandbox(), description, stdio, link, memoryMib(), log, this);
  }

  private long memoryMib() {
    return parts.setup().machines().memoryMib(what.spec().linux().resources());
  }

  /** Makes the first container in the guest, which is up. */
  void create(Spec guestSpec, ContainerFiles files) {
    create(first.orElseThrow(), guestSpec, files);
    parts.sandbox().onOutOfMemory(this::outOfMemory);
  }

  private void create(MonitoredContainer container, Spec guestSpec, ContainerFiles files) {
    parts
        .sandbox()
        .createContainer(
            container.id(),
            parts.setup().guestSeccomp()
                ? guestSpec
                : guestSpec.withLinux(guestSpec.linux().withSeccomp(null)),
            files);
    container.serve(files.disks());
  }

  private void outOfMemory(String containerId) {
    first
        .filter(container -> container.id().equals(containerId))
        .or(() -> Optional.ofNullable(joined.get(containerId)))
        .ifPresent(MonitoredContainer::reportOutOfMemory);
  }

  /** Whether the first container has ended, or is to. */
  boolean hasEnded() {
    return ended;
  }

  private void warn(String sentence) {
    log.write(MessageLog.Level.WARNING, sentence);
  }

  @Override
  public void starting() {
    // Interfaces come before create, with its hooks, or between create and start.
    parts.network().connect(parts.sandbox());
  }

  @Override
  public void destroy(MonitoredContainer container) {
    if (isFirst(container)) {
      ended = true;
    } else {
      container.killAll();
    }
  }

  @Override
  public void ended(MonitoredContainer container) {
    if (isFirst(container)) {
      ended = true;
    } else {
      loop.post(() -> retire(container, true));
    }
  }

  @Override
  public void lost(MonitoredContainer container, String reason) {
    if (isFirst(container)) {
      machineLost = true;
      if (!ended) {
        log.write(MessageLog.Level.ERROR, reason);
      }
      ended = true;
    } else {
      warn(reason);
      loop.post(() -> retire(container, false));
    }
  }

  private boolean isFirst(MonitoredContainer container) {
    return container.id().equals(what.id());
  }

  @Override
  public void join(MonitorRequest.Join join, List<Fd> descriptors) {
    boolean terminal = join.spec().process().terminal();
    boolean streamed = join.streams() == 3 || (join.streams() == 1 && terminal);
    if (!streamed || descriptors.size() < 2 + join.streams()) {
      throw new ContainerException(
          "a request to join came with " + descriptors.size() + " descriptors");
    }
    ContainerDirectory directory = new ContainerDirectory(join.directory());
    ContainerState its =
        directory
            .read()
            .orElseThrow(
                () -> new ContainerException("'" + join.directory() + "' is no container"));
    if (ended || joined.containsKey(its.id())) {
      throw new ContainerException("'" + its.id() + "' cannot join '" + what.id() + "' now");
    }
    long ownMemory = join.spec().linux().resources().memory().limit();
    if (ownMemory >> 20 > memoryMib()) {
      warn(
          "the memory limit of '"
              + its.id()
              + "' is more than the "
              + memoryMib()
              + " MiB of the virtual machine that it shares with '"
              + what.id()
              + "'");
    }
    if (!(parts.setup().shares().files(its.id(), parts.shared()) instanceof SharedFiles files)) {
      throw new ContainerException(
          "'"
              + its.id()
              + "' cannot join '"
              + what.id()
              + "', whose machine shares no files with the host (shared_fs is \"none\")");
    }
    try (LentFiles lent =
        LentFiles.received(descriptors.subList(1 + join.streams(), descriptors.size()))) {
      MonitoredContainer container =
          container(
              new MonitoredContainer.Description(
                  directory, its, join.spec(), HostCgroup.at(its.cgroup())),
              new HostStdio(descriptors.subList(1, 1 + join.streams()), terminal),
              descriptors.getFirst().setNonBlocking(true));
      joined.put(its.id(), container);
      joinedFiles.put(its.id(), files);
      try {
        create(container, lent.lend(join.spec(), files), files);
      } catch (RuntimeException e) {
        retire(container, false);
        throw e;
      }
    }
  }

  /** Lets the guest end what runs, and all streams; the loop turns meanwhile. */
  void goDown() {
    ended = true;
    joined.values().forEach(container -> container.goDown(false));
    first.ifPresent(container -> container.goDown(!machineLost));
    if (!machineLost) {
      try {
        parts.sandbox().destroy();
      } catch (AgentException e) {
        warn(e.getMessage());
      }
    }
    joined.values().forEach(MonitoredContainer::closeStreams);
    first.ifPresent(MonitoredContainer::closeStreams);
  }

  /** Takes a container that joined apart; the others go on. */
  private void retire(MonitoredContainer container, boolean patiently) {
    if (ended || joined.get(container.id()) != container || !retiring.add(container.id())) {
      return;
    }
    container.goDown(patiently);
    container.closeStreams();
    try {
      parts.sandbox().removeContainer(container.id());
    } catch (AgentException e) {
      // It was not made, or is left: then it goes with the machine at the latest.
      warn(e.getMessage());
    }
    try {
      joinedFiles.remove(container.id()).close();
    } catch (HypervisorException | LinuxException e) {
      // The others in the machine must not suffer.
      warn("what container '" + container.id() + "' was lent is left: " + e.getMessage());
    }
    retiring.remove(container.id());
    if (joined.remove(container.id(), container)) {
      container.close();
    }
  }

  /** Lets all container processes end. */
  @Override
  public void close() {
    joined.values().forEach(MonitoredContainer::close);
    first.ifPresent(MonitoredContainer::close);
  }
}
