package dev.bulkhead.agent.storage;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.mount.MountOptions;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
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
   * Mounts what the host describes, all of it or nothing.
   *
   * @throws IllegalArgumentException for a driver that is not known or a mount that fails
   */
  public void mountAll(List<Storage> storages) {
    try {
      storages.forEach(this::mount);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void mount(Storage storage) {
    if (!storage.mountPoint().startsWith("/")) {
      throw new IllegalArgumentException(
          "the storage's mount point '" + storage.mountPoint() + "' is not absolute");
    }
    if (storage.hasFsGroup()) {
      throw new IllegalArgumentException(
          "the storage on '" + storage.mountPoint() + "' has a group, which is not supported");
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
    MountOptions options = MountOptions.parse(storage.options());
    try {
      Files.makeDirectories(storage.mountPoint(), 0755);
      try (DetachedMount made =
              DetachedMount.create(
                  type,
                  storage.source(),
                  options.fileSystem(),
                  options.attributes().set() | DetachedMount.NO_DEVICES);
          Fd target = Files.open(storage.mountPoint(), Open.O_PATH | Open.O_DIRECTORY)) {
        made.attach(target);
        mounted.push(storage.mountPoint());
        // So that containers can show each other what they mount in a volume that both have.
        made.setPropagation(Mounts.MS_SHARED);
      }
    } catch (LinuxException e) {
      throw new IllegalArgumentException(
          "storage '" + storage.source() + "' cannot be mounted: " + e.getMessage(), e);
    }
  }

  /** A directory in the guest itself, as for an emptyDir. */
  private static void makeLocal(Storage storage) {
    String mode = MountOptions.parse(storage.options()).value("mode");
    Files.makeDirectories(storage.mountPoint(), 0755);
    Files.changeMode(storage.mountPoint(), mode.isEmpty() ? 0755 : octal(mode));
  }

  private static int octal(String mode) {
    try {
      return Integer.parseInt(mode, 8) & 07777;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + mode + "' is no file mode", e);
    }
  }

  /** Unmounts all, the last one first. */
  @Override
  public void close() {
    while (!mounted.isEmpty()) {
      Mounts.detachIfMounted(mounted.pop());
    }
  }
}
