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
 * @param slot where it sits on the PCI bus of a {@link MachineModel#Q35}
 */
public record NetworkDevice(List<Fd> taps, List<Fd> accelerators, int slot) {
  /** The most that a machine has. */
  public static final int MOST = 8;

  /** The most queues of one; more processors than this are rarely busy with frames alone. */
  public static final int MOST_QUEUES = 8;

  private static final int FIRST_SLOT = 0x10;

  public NetworkDevice {
    if (slot < FIRST_SLOT || slot >= FIRST_SLOT + MOST) {
      throw new IllegalArgumentException("a network device in slot " + slot);
    }
    if (taps.isEmpty() || taps.size() > MOST_QUEUES) {
      throw new IllegalArgumentException("a network device of " + taps.size() + " queues");
    }
    if (!accelerators.isEmpty() && accelerators.size() != taps.size()) {
      throw new IllegalArgumentException("a network device of which some queues are accelerated");
    }
    taps = List.copyOf(taps);
    accelerators = List.copyOf(accelerators);
  }

  /** The device of this index, from 0 on. */
  public static NetworkDevice of(int index, List<Fd> taps, List<Fd> accelerators) {
    return new NetworkDevice(taps, accelerators, FIRST_SLOT + index);
  }

  /** Where the guest finds it: its slot in two hexadecimal digits. */
  public String pciPath() {
    return Integer.toHexString(slot);
  }

  /** Closes this side's copies of the descriptors; an interface without others vanishes. */
  public void close() {
    taps.forEach(Fd::close);
    accelerators.forEach(Fd::close);
  }
}
