package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/**
 * A network device of the machine.
 *
 * @param tap the host's side of the interface that carries its frames, see {@link
 *     dev.bulkhead.linux.Network#createTap}; the hypervisor gets a copy
 * @param slot where it sits on the PCI bus of a {@link MachineModel#Q35}
 */
public record NetworkDevice(Fd tap, int slot) {
  /** The most that a machine has. */
  public static final int MOST = 8;

  private static final int FIRST_SLOT = 0x10;

  public NetworkDevice {
    if (slot < FIRST_SLOT || slot >= FIRST_SLOT + MOST) {
      throw new IllegalArgumentException("a network device in slot " + slot);
    }
  }

  /** The device of this index, from 0 on. */
  public static NetworkDevice of(int index, Fd tap) {
    return new NetworkDevice(tap, FIRST_SLOT + index);
  }

  /** Where the guest finds it: its slot in two hexadecimal digits. */
  public String pciPath() {
    return Integer.toHexString(slot);
  }
}
