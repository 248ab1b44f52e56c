package dev.bulkhead.agent.service;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.cgroup.Cgroups;
import dev.bulkhead.agent.container.Container;
import dev.bulkhead.agent.container.PreparedContainer;
import dev.bulkhead.agent.device.Disks;
import dev.bulkhead.agent.process.GuestPrograms;
import dev.bulkhead.agent.storage.ReceivedFiles;
import dev.bulkhead.agent.storage.Storages;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Processes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What there is in this guest that belongs to the host's one sandbox. */
final class Sandbox {
  private final EventLoop loop;
  private final KernelModules modules;
  private final Disks disks;
  private final Cgroups cgroups;
  private final Storages storages;
  private final ReceivedFiles receivedFiles = new ReceivedFiles();
  private final Map<String, Entry> containers = new LinkedHashMap<>();
  private final OutOfMemoryEvents outOfMemory = new OutOfMemoryEvents();
  private final GuestPrograms programs;
  private Optional<PreparedContainer> prepared = Optional.empty();
  private boolean created;

  /** A container with the mounts that were made for it alone. */
  record Entry(Container container, Storages storages) {}

  Sandbox(EventLoop loop, KernelModules modules, Cgroups cgroups) {
    this.loop = loop;
    this.modules = modules;
    this.disks = new Disks(loop, modules);
    this.cgroups = cgroups;
    this.storages = new Storages(loop, modules);
    this.programs = new GuestPrograms(loop);
  }

  EventLoop loop() {
    return loop;
  }

  KernelModules modules() {
    return modules;
  }

  Disks disks() {
    return disks;
  }

  Cgroups cgroups() {
    return cgroups;
  }

  ReceivedFiles receivedFiles() {
    return receivedFiles;
  }

  Storages storages() {
    return storages;
  }

  GuestPrograms programs() {
    return programs;
  }

  OutOfMemoryEvents outOfMemory() {
    return outOfMemory;
  }

  boolean isCreated() {
    return created;
  }

  void setCreated(boolean isCreated) {
    created = isCreated;
  }

  Optional<Container> container(String id) {
    return Optional.ofNullable(containers.get(id)).map(Entry::container);
  }

  List<Container> containers() {
    return containers.values().stream().map(Entry::container).toList();
  }

  void add(Entry entry) {
    containers.put(entry.container().id(), entry);
  }

  /** What the next container is made of, if it fits. */
  Optional<PreparedContainer> prepared() {
    return prepared;
  }

  void prepare(PreparedContainer next) {
    prepared = Optional.of(next);
  }

  /** Ends what was prepared, if no container was made of it. */
  void forgetPrepared() {
    prepared.ifPresent(PreparedContainer::close);
    prepared = Optional.empty();
  }

  /** Told whether containers became empty in time. */
  interface Emptied {
    void emptied(boolean inTime);
  }

  /** Waits until no process of these containers is left, at most for a time. */
  void whenEmpty(List<Container> emptying, long timeoutMillis, Emptied listener) {
    int[] left = {emptying.size()};
    if (left[0] == 0) {
      listener.emptied(true);
      return;
    }
    EventLoop.Timer timer = loop.schedule(timeoutMillis, () -> listener.emptied(false));
    for (Container container : emptying) {
      container.whenEmpty(
          () -> {
            left[0]--;
            // After the time is over nobody listens any more.
            if (left[0] == 0 && timer.cancel()) {
              listener.emptied(true);
            }
          });
    }
  }

  /** Keeps the mounts of a container whose first process waits. */
  void holdMountsOf(String id) {
    Entry entry = containers.get(id);
    if (entry != null) {
      entry.storages().holdMounts(storages, entry.container()::openMountNamespace);
    }
  }

  /** Unmounts what was mounted for an empty container alone, so that it is written back. */
  void unmount(Container container) {
    Entry entry = containers.get(container.id());
    if (entry != null && entry.container() == container) {
      entry.storages().unmount();
    }
  }

  /** Forgets an empty container and frees what it had; it may have been freed before. */
  void free(Container container) {
    Entry entry = containers.get(container.id());
    if (entry != null && entry.container() == container) {
      containers.remove(container.id());
      container.close();
      outOfMemory.forget(container.id());
      entry.storages().close();
      receivedFiles.forget(container.id());
    }
  }

  /** Reaps every child that has ended: the agent is the guest's PID 1 and gets all orphans. */
  void reapChildren() {
    Processes.Exit exit = Processes.reap(-1);
    while (exit != null) {
      boolean known = programs.ended(exit) || (prepared.isPresent() && prepared.get().ended(exit));
      for (Container container : containers()) {
        if (known) {
          break;
        }
        known = container.ended(exit);
      }
      exit = Processes.reap(-1);
    }
  }
}
