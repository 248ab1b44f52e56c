package dev.bulkhead.hypervisor.kvm;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.KvmMachine;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Runs a loop of two instructions in a machine of KVM and takes the time.
 *
 * <p>It happens in a forked process, as a KVM that is broken may keep its caller; that process is
 * killed after {@value #DEADLINE_MILLIS} ms. A good KVM is known after 2 ms, one that emulates
 * after about 10.
 */
public final class KvmProbe {
  /**
   * The line between emulation and execution, in instructions a second. Emulation by the kernel was
   * measured at 0.3 to 3 million, a guest that the processor executes does more than a thousand
   * million, nested machines included, and QEMU's translation, which is the alternative, some
   * hundred million. So any KVM below this would be slower than doing without.
   */
  static final long WORTH_USING = 50_000_000;

  private static final long DEADLINE_MILLIS = 2000;
  private static final String DEVICE = "/dev/kvm";

  // dec ecx; jnz back; hlt
  private static final byte[] COUNTDOWN = {0x49, 0x75, (byte) 0xfd, (byte) 0xf4};
  private static final int INSTRUCTIONS_PER_ROUND = 2;

  // Some milliseconds of emulation, a microsecond of execution.
  private static final int FEW_ROUNDS = 2_000;
  // A tenth of a millisecond of execution, of which the way into the machine and out is a part.
  private static final int MANY_ROUNDS = 200_000;
  // Above this, few rounds may have been slow for that way only.
  private static final long EMULATION_AT_BEST = 5_000_000;

  private final EventLoop loop;
  private final Optional<KvmVerdictFile> kept;

  /**
   * A probe.
   *
   * @param keptAt path of a file that keeps what was measured until the next boot, in a directory
   *     that exists and that only its owner can write to; empty to measure each time
   */
  public KvmProbe(EventLoop loop, Optional<String> keptAt) {
    this.loop = loop;
    this.kept = keptAt.map(KvmVerdictFile::new);
  }

  /** Looks at the host's KVM; the loop turns meanwhile. */
  public KvmVerdict run() {
    Fd device;
    try {
      device = Files.open(DEVICE, Open.O_RDWR);
    } catch (LinuxException e) {
      return unopened(e);
    }
    Optional<KvmVerdict> known = kept.flatMap(file -> file.read(Files.status(device)));
    if (known.isPresent()) {
      device.close();
      return known.get();
    }
    KvmVerdict verdict = measure(device);
    kept.ifPresent(file -> file.write(Files.status(DEVICE), verdict));
    return verdict;
  }

  private KvmVerdict measure(Fd device) {
    try (device;
        Pipe report = Pipe.open("report of the KVM probe")) {
      int child = Processes.fork(() -> runChild(device, report));
      report.writer().close();
      return await(child, report.reader());
    }
  }

  private static KvmVerdict unopened(LinuxException e) {
    if (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
      return new KvmVerdict.Forbidden(
          DEVICE + " may not be opened: " + e.reason(), "run as root or join the group kvm");
    }
    String flags = Files.readTextIfExists("/proc/cpuinfo").orElse("");
    boolean intel = flags.contains(" vmx");
    if (!intel && !flags.contains(" svm")) {
      return new KvmVerdict.Absent(
          "the processor offers no virtualisation",
          "switch it on in the firmware, or nested virtualisation in the hypervisor below");
    }
    String module = intel ? "kvm_intel" : "kvm_amd";
    if (Files.isDirectory("/sys/module/" + module)) {
      return new KvmVerdict.Absent(
          DEVICE + " cannot be opened: " + e.reason(),
          "give this container or namespace the device");
    }
    return new KvmVerdict.Absent(
        "the kernel module " + module + " is not loaded", "load it (modprobe " + module + ")");
  }

  private static int runChild(Fd device, Pipe report) {
    Processes.dieWithParent(Signals.SIGKILL);
    String text;
    try (KvmMachine machine = KvmMachine.create(device, COUNTDOWN)) {
      // The first entry sets up what all later ones find.
      measure(machine, 1);
      long rate = measure(machine, FEW_ROUNDS);
      if (rate > EMULATION_AT_BEST) {
        rate = measure(machine, MANY_ROUNDS);
      }
      text = Long.toString(rate);
    } catch (LinuxException e) {
      text = e.getMessage();
    }
    report.writer().writeAll(text.getBytes(StandardCharsets.UTF_8));
    return 0;
  }

  /** Instructions a second of processor time, so that a busy host does not look like a slow one. */
  private static long measure(KvmMachine machine, int rounds) {
    long start = Clock.cpuNanos();
    int reason = machine.run(rounds);
    long nanos = Math.max(1, Clock.cpuNanos() - start);
    if (reason != KvmMachine.EXIT_HALT) {
      throw new LinuxException("KVM_RUN, exit reason " + reason, DEVICE, Errno.EIO);
    }
    return (long) rounds * INSTRUCTIONS_PER_ROUND * 1_000_000_000L / nanos;
  }

  private KvmVerdict await(int child, Fd report) {
    boolean[] reported = {false};
    EventLoop.Watch watch = loop.watch(report, EventLoop.READABLE, events -> reported[0] = true);
    loop.runUntil(() -> reported[0], DEADLINE_MILLIS);
    watch.close();
    if (!reported[0]) {
      Processes.kill(child, Signals.SIGKILL);
    }
    // A process inside KVM_RUN can be killed, so the wait ends.
    Processes.await(child);
    return judge(new String(report.readAll(4096), StandardCharsets.UTF_8));
  }

  /** The verdict that follows from the probing process's words: a rate, or why there is none. */
  static KvmVerdict judge(String report) {
    if (report.isEmpty()) {
      return new KvmVerdict.Broken(
          "a machine of four instructions did not end within " + DEADLINE_MILLIS + " ms");
    }
    try {
      long rate = Long.parseLong(report);
      return rate < WORTH_USING ? new KvmVerdict.EmulatesOnly(rate) : new KvmVerdict.Usable(rate);
    } catch (NumberFormatException e) {
      return new KvmVerdict.Broken(report);
    }
  }
}
