package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Disk;
import java.util.BitSet;
import java.util.Optional;

/** Which places of a machine's bridges have a disk, or a network device that came later. */
final class DiskPlaces {
  /** The slot of the first bridge; the others follow it. */
  private static final int FIRST_BRIDGE = 0x18;

  private final int bridges;
  private final BitSet taken = new BitSet();

  DiskPlaces(int bridges) {
    this.bridges = bridges;
  }

  /**
   * A place for a disk.
   *
   * @param bridge from 0 on
   * @param slot on that bridge's bus, from 1 on
   */
  record Place(int bridge, int slot) {
    /** A number that no other place has, from 0 on. */
    int number() {
      return bridge * Disk.PER_BRIDGE + slot - 1;
    }

    /** What the guest knows it by: the bridge's slot and the disk's, as "18/01". */
    String pciPath() {
      return Integer.toHexString(bridgeSlot(bridge)) + "/" + (slot < 16 ? "0" : "") + slotText();
    }

    /** The slot as the hypervisor's options have it. */
    String address() {
      return "0x" + slotText();
    }

    private String slotText() {
      return Integer.toHexString(slot);
    }
  }

  /** The slot of a bridge on the machine's first bus. */
  static int bridgeSlot(int bridge) {
    return FIRST_BRIDGE + bridge;
  }

  /** The name of the bus behind a bridge. */
  static String bus(int bridge) {
    return "bridge" + bridge;
  }

  /** Takes the first place that is free, if there is one. */
  Optional<Place> take() {
    int number = taken.nextClearBit(0);
    if (number >= most()) {
      return Optional.empty();
    }
    taken.set(number);
    return Optional.of(new Place(number / Disk.PER_BRIDGE, number % Disk.PER_BRIDGE + 1));
  }

  /** Gives a place back. */
  void free(Place place) {
    taken.clear(place.number());
  }

  /** How many disks there can be. */
  int most() {
    return bridges * Disk.PER_BRIDGE;
  }
}
