package dev.bulkhead.agent.device;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.boot.VirtioDrivers;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The machine's virtio disks, which the host may have plugged in just now. */
public final class Disks {
  /** The driver's name in the messages, as Kata's agent has it. */
  public static final String DRIVER = "blk";

  private final EventLoop loop;
  private final KernelModules modules;

  public Disks(EventLoop loop, KernelModules modules) {
    this.loop = loop;
    this.modules = modules;
  }

  /**
   * The node of the disk at a PCI path.
   *
   * @throws IllegalArgumentException if there is no disk
   */
  public static String node(String pciPath) {
    return find(pciPath)
        .orElseThrow(
            () ->
                new IllegalArgumentException("there is no disk at the PCI path '" + pciPath + "'"));
  }

  private static Optional<String> find(String pciPath) {
    return PciDevices.virtio(pciPath)
        .map(device -> device + "/block")
        .filter(Files::isDirectory)
        .flatMap(block -> Files.list(block).stream().findFirst())
        .map(name -> "/dev/" + name)
        .filter(Files::exists);
  }

  /**
   * Waits until there are disks at all these PCI paths.
   *
   * @param ready run when they are there, which may be at once
   * @param late told in one sentence which is not there in time
   * @throws IllegalArgumentException if one is no path
   */
  public void await(List<String> pciPaths, Runnable ready, Consumer<String> late) {
    if (pciPaths.isEmpty()) {
      ready.run();
      return;
    }
    VirtioDrivers.DISK.forEach(modules::load);
    Arrival.await(
        loop,
        () -> pciPaths.stream().filter(path -> find(path).isEmpty()).findFirst(),
        ready,
        path -> late.accept("no disk has come at the PCI path '" + path + "'"));
  }
}
