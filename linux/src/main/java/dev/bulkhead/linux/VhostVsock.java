package dev.bulkhead.linux;

import java.util.Optional;

/**
 * A vsock(7) address for a guest, claimed from the host's kernel: no other guest gets it while the
 * device is open.
 *
 * @param device the opened /dev/vhost-vsock, for a hypervisor
 * @param contextId the address
 */
public record VhostVsock(Fd device, long contextId) implements AutoCloseable {
  private static final String PATH = "/dev/vhost-vsock";
  private static final int VHOST_VSOCK_SET_GUEST_CID = 0x4008af60;
  private static final int FIRST_GUEST = 3;
  private static final int TRIES = 64;

  /**
   * Claims an address at random.
   *
   * @return empty if the host has no such device
   * @throws LinuxException if the device cannot be used
   */
  public static Optional<VhostVsock> claim() {
    if (!Files.exists(PATH)) {
      return Optional.empty();
    }
    Fd device = Files.open(PATH, Open.O_RDWR);
    try {
      return Optional.of(new VhostVsock(device, claim(device)));
    } catch (LinuxException e) {
      device.close();
      throw e;
    }
  }

  private static long claim(Fd device) {
    try (NativeMemory address = new NativeMemory(8)) {
      for (int i = 0; i < TRIES; i++) {
        // 31 bits, so that what takes it for a signed number is right as well.
        byte[] random = Machine.random(4);
        long contextId =
            (random[0] & 0x7fL) << 24
                | (random[1] & 0xffL) << 16
                | (random[2] & 0xffL) << 8
                | (random[3] & 0xffL);
        if (contextId < FIRST_GUEST) {
          continue;
        }
        address.putLong(0, contextId);
        if (Libc.ioctl(device.number(), VHOST_VSOCK_SET_GUEST_CID, address.address()) == 0) {
          return contextId;
        }
        int errno = Libc.errno();
        if (errno != Errno.EADDRINUSE) {
          throw new LinuxException("VHOST_VSOCK_SET_GUEST_CID", PATH, errno);
        }
      }
    }
    throw new LinuxException("VHOST_VSOCK_SET_GUEST_CID", PATH, Errno.EADDRINUSE);
  }

  @Override
  public void close() {
    device.close();
  }
}
