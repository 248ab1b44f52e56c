package dev.bulkhead.linux;

import org.teavm.interop.Address;

/** The machine as a whole, for the program that is its PID 1: modules, entropy, the end. */
public final class Machine {
  private static final int RB_POWER_OFF = 0x4321fedc;
  private static final int RB_AUTOBOOT = 0x01234567;
  private static final int RNDADDENTROPY = 0x40085203;
  private static final int RNDRESEEDCRNG = 0x5207;

  private Machine() {}

  /** Loads a kernel module; one that is loaded already is fine. */
  public static void loadModule(Fd module, String parameters) {
    byte[] bytes = CString.of(parameters);
    long result =
        Libc.syscall(
            SystemCalls.FINIT_MODULE,
            module.number(),
            Address.ofData(bytes),
            Address.fromInt(0),
            0,
            0);
    if (result != 0) {
      int errno = Libc.errno();
      if (errno != Errno.EEXIST) {
        throw new LinuxException("finit_module", module.name(), errno);
      }
    }
  }

  /** Random bytes of the kernel, without waiting for it to be seeded. */
  public static byte[] random(int count) {
    byte[] bytes = new byte[count];
    long result = Libc.getrandom(Address.ofData(bytes), count, 0);
    LinuxException.check(result, "getrandom", "");
    return bytes;
  }

  /** Mixes bytes into the kernel's random numbers, counts them as entropy, and reseeds. */
  public static void addEntropy(byte[] seed) {
    try (Fd random = Files.open("/dev/urandom", Open.O_WRONLY);
        NativeMemory pool = new NativeMemory(8 + seed.length)) {
      pool.putInt(0, seed.length * 8);
      pool.putInt(4, seed.length);
      pool.put(8, seed, 0, seed.length);
      LinuxException.check(
          Libc.ioctl(random.number(), RNDADDENTROPY, pool.address()), "ioctl", random.name());
      LinuxException.check(
          Libc.ioctlNumber(random.number(), RNDRESEEDCRNG, 0), "ioctl", random.name());
    }
  }

  /** Writes what is cached to the disks. */
  public static void sync() {
    Libc.sync();
  }

  /** Ends the machine at once. */
  public static void powerOff() {
    Libc.reboot(RB_POWER_OFF);
  }

  /** Starts the machine again, which a hypervisor may take as its end. */
  public static void restart() {
    Libc.reboot(RB_AUTOBOOT);
  }
}
