package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/**
 * A disk that a running machine is given.
 *
 * @param content a block device, or a file that holds a disk's content as it is; open for reading,
 *     and for writing unless it is read-only. The hypervisor gets a copy of the descriptor.
 * @param readOnly whether the guest may only read it, which the hypervisor sees to
 */
public record Disk(Fd content, boolean readOnly) {
  /** The most bridges for disks that a machine has. */
  public static final int MOST_BRIDGES = 5;

  /** The disks that a bridge has room for. */
  public static final int PER_BRIDGE = 31;
}
