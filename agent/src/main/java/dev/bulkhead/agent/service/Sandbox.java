package dev.bulkhead.agent.service;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.container.Container;
import dev.bulkhead.agent.storage.Storages;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Processes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything in the guest that belongs to the host's one sandbox. */
final class Sandbox {
  private final EventLoop loop;
  private final KernelModules modules;
  private final Storages storages;
  private final Map<String, Entry> containers = new LinkedHashMap<>();
  private boolean created;

  /** A container with the mounts that were made for it alone. */
  record Entry(Container container, Storages storages) {}

  Sandbox(EventLoop loop, KernelModules modules) {
    this.loop = loop;
    this.modules = modules;
    this.storages = new Storages(modules);
  }

  EventLoop loop() {
    return loop;
  }

  KernelModules modules() {
    return modules;
  }

  Storages storages() {
    return storages;
  }

  boolean isCreated() {
    return created;
  }

  void setCreated(boolean isCreated) {
    created = isCreated;
  }

  Optional<Entry> container(String id) {
    return Optional.ofNullable(containers.get(id));
  }

  List<Entry> containers() {
    return List.copyOf(containers.values());
  }

  void add(Entry entry) {
    containers.put(entry.container().id(), entry);
  }

  void forget(String id) {
    containers.remove(id);
  }

  /** Reaps every child that has ended: the agent is the guest's PID 1 and gets all orphans. */
  void reapChildren() {
    Processes.Exit exit = Processes.reap(-1);
    while (exit != null) {
      for (Entry entry : containers()) {
        if (entry.container().ended(exit)) {
          break;
        }
      }
      exit = Processes.reap(-1);
    }
  }
}
