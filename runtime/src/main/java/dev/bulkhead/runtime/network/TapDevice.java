package dev.bulkhead.runtime.network;

import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.netlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Makes network devices of machines out of taps. */
public final class TapDevice {
  private static final String VHOST_NET = "/dev/vhost-net";

  private TapDevice() {}

  /**
   * Makes a tap in the network namespace that this process is in, for a device that its caller
   * closes.
   *
   * @param index the device's, from 0 on
   * @param name the tap's, which no interface has yet
   * @param processors of the machine; each gets a queue of its own, up to a limit
   */
  public static NetworkDevice create(int index, String name, int processors) {
    return create(name, processors, (taps, fast) -> NetworkDevice.of(index, taps, fast));
  }

  /** As {@link #create(int, String, int)}, for a machine that runs. */
  static NetworkDevice createUnplugged(String name, int processors) {
    return create(name, processors, (taps, fast) -> new NetworkDevice(taps, fast, ""));
  }

  /**
   * Makes devices whose taps are in the network namespace that this process is in, where nothing
   * joins them with anything.
   *
   * @param names how their taps are called, by the devices' indices
   */
  public static List<NetworkDevice> unconnected(
      int count, IntFunction<String> names, int processors) {
    List<NetworkDevice> made = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        made.add(create(i, names.apply(i), processors));
      }
      return made;
    } catch (LinuxException e) {
      made.forEach(NetworkDevice::close);
      throw e;
    }
  }

  private interface Maker {
    NetworkDevice make(List<Fd> taps, List<Fd> accelerators);
  }

  private static NetworkDevice create(String name, int processors, Maker maker) {
    List<Fd> taps = Network.createTap(name, queues(processors));
    try {
      silence(name);
      return of(taps, maker);
    } catch (LinuxException e) {
      taps.forEach(Fd::close);
      throw e;
    }
  }

  /** As {@link #create}, of a macvtap that is there; its owner removes it. */
  static NetworkDevice of(int index, Link macvtap, int processors) {
    silence(macvtap.name());
    List<Fd> taps = Network.openMacvtap(macvtap.index(), queues(processors));
    try {
      return of(taps, (all, fast) -> NetworkDevice.of(index, all, fast));
    } catch (LinuxException e) {
      taps.forEach(Fd::close);
      throw e;
    }
  }

  private static int queues(int processors) {
    return Math.min(NetworkDevice.MOST_QUEUES, processors);
  }

  private static NetworkDevice of(List<Fd> taps, Maker maker) {
    List<Fd> accelerators = new ArrayList<>();
    try {
      if (Files.exists(VHOST_NET)) {
        for (int i = 0; i < taps.size(); i++) {
          accelerators.add(Files.open(VHOST_NET, Open.O_RDWR));
        }
      }
      return maker.make(taps, accelerators);
    } catch (LinuxException e) {
      accelerators.forEach(Fd::close);
      throw e;
    }
  }

  /** The host's kernel has nothing to say on a tap, so it does not announce itself there. */
  static void silence(String name) {
    String file = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
    if (Files.exists(file)) {
      Files.writeExisting(file, "1");
    }
  }
}
