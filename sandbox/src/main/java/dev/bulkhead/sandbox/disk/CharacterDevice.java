package dev.bulkhead.sandbox.disk;

import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.sandbox.SandboxException;
import java.util.Set;

/**
 * A character device that a specification gives to its container. None of the host's can be had in
 * a machine, but some the guest's kernel has too, by the same number (Linux, admin-guide/devices).
 */
final class CharacterDevice {
  private static final int MEMORY = 1;
  private static final int TERMINALS = 5;
  private static final int MISCELLANEOUS = 10;
  private static final long TUN = 200;
  private static final long FUSE = 229;
  private static final Set<Long> MISCELLANEOUS_OF_GUEST = Set.of(TUN, FUSE);

  private CharacterDevice() {}

  /**
   * Lets one pass that the guest has.
   *
   * @throws SandboxException if the host alone has it
   */
  static void check(LinuxDevice device) {
    boolean guests =
        device.major() == MEMORY
            || device.major() == TERMINALS
            || (device.major() == MISCELLANEOUS && MISCELLANEOUS_OF_GUEST.contains(device.minor()));
    if (!guests) {
      throw new SandboxException(
          "the device '"
              + device.path()
              + "' is a character device of the host, which a virtual machine cannot have; leave it"
              + " out, or run the container with another runtime");
    }
  }
}
