package dev.bulkhead.agent.storage;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import java.util.ArrayDeque;
import java.util.List;

/** Mounts that belong to the sandbox or to one container; {@link #close} takes them away. */
public final class Storages implements AutoCloseable {
  /** The drivers that {@link #mount} knows, by the names of Kata's agent. */
  public static final List<String> DRIVERS = List.of("9p", "virtio-fs", "ephemeral", "local");

  private final KernelModules modules;
  private final ArrayDeque<String> mounted = new ArrayDeque<>();

  public Storages(KernelModules modules) {
    this.modules = modules;
  }

  /**
   * Mounts what the host describes.
   *
   * @throws IllegalArgumentException for a driver that is not known or a mount that fails
   */
  public void mount(Storage storage) {
    if (!storage.mountPoint().startsWith("/")) {
      throw new IllegalArgumentException(
          "the storage's mount point '" + storage.mountPoint() + "' is not absolute");
    }
    switch (storage.driver()) {
      case "9p" -> {
        modules.load("9pnet_virtio");
        modules.load("9p");
        mount(storage, "9p");
      }
      case "virtio-fs" -> {
        modules.load("virtiofs");
        mount(storage, "virtiofs");
      }
      case "ephemeral" -> mount(storage, "tmpfs");
      case "local" -> makeLocal(storage);
      default ->
          throw new IllegalArgumentException(
              "storage driver '"
                  + storage.driver()
                  + "' is not supported; these are: "
                  + String.join(", ", DRIVERS));
    }
  }

  private void mount(Storage storage, String type) {
    try {
      Files.makeDirectories(storage.mountPoint(), 0755);
      Mounts.mount(
          storage.source(),
          storage.mountPoint(),
          type,
          Mounts.MS_NODEV,
          String.join(",", storage.options()));
      mounted.push(storage.mountPoint());
    } catch (LinuxException e) {
      throw new IllegalArgumentException(
          "storage '" + storage.source() + "' cannot be mounted: " + e.getMessage(), e);
    }
  }

  /** A directory in the guest itself, as for an emptyDir. */
  private static void makeLocal(Storage storage) {
    int mode = 0755;
    for (String option : storage.options()) {
      if (option.startsWith("mode=")) {
        mode = Integer.parseInt(option.substring(5), 8);
      }
    }
    Files.makeDirectories(storage.mountPoint(), mode);
    Files.changeMode(storage.mountPoint(), mode);
  }

  /** Unmounts all, the last one first. */
  @Override
  public void close() {
    while (!mounted.isEmpty()) {
      Mounts.detachIfMounted(mounted.pop());
    }
  }
}
