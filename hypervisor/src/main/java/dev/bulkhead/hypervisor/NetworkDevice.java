package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;
import java.util.List;

/**
 * A network device of the machine.
 *
 * @param taps the host's side of the interface that carries its frames, one for each queue, see
 *     {@link dev.bulkhead.linux.Network#createTap}; the hypervisor gets copies
 * @param accelerators the host's vhost-net, opened for each queue, by which the kernel moves the
 *     frames and not the hypervisor; none where the host has none
 * @param pciPath where the guest of a {@link MachineModel#Q35} finds it, as Kata writes it; "" of
 *     one that no machine has yet
 */
public record NetworkDevice(List<Fd> taps, List<Fd> accelerators, String pciPath) {
  /** The most that a machine begins with. */
  public static final int MOST = 8;

  /** The most queues of one; more processors than this are rarely busy with frames alone. */
  public static final int MOST_QUEUES = 8;

  private static final int FIRST_SLOT = 0x10;

  public NetworkDevice {
    if (taps.isEmpty() || taps.size() > MOST_QUEUES) {
      throw new IllegalArgumentException("a network device of " + taps.size() + " queues");
    }
    if (!accelerators.isEmpty() && accelerators.size() != taps.size()) {
      throw new IllegalArgumentException("a network device of which some queues are accelerated");
    }
    taps = List.copyOf(taps);
    accelerators = List.copyOf(accelerators);
  }

  /** The device of this index, from 0 on, with which a machine begins. */
  public static NetworkDevice of(int index, List<Fd> taps, List<Fd> accelerators) {
    if (index < 0 || index >= MOST) {
      throw new IllegalArgumentException("a network device " + index);
    }
    return new NetworkDevice(taps, accelerators, Integer.toHexString(FIRST_SLOT + index));
  }

  /** The same device at a place that a machine gave it. */
  public NetworkDevice at(String newPciPath) {
    return new NetworkDevice(taps, accelerators, newPciPath);
  }

  /** Closes this side's copies of the descriptors; an interface without others vanishes. */
  public void close() {
    taps.forEach(Fd::close);
    accelerators.forEach(Fd::close);
  }
}
