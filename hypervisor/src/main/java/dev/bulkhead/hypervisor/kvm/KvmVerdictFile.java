package dev.bulkhead.hypervisor.kvm;

import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.Optional;

/**
 * Keeps in a file what a probe measured, until what it depends on changes: the boot, the kernel,
 * the device node (which is made anew when the module is loaded again). Only measurements are kept;
 * what is wrong may be put right at any moment.
 */
final class KvmVerdictFile {
  private final String path;

  KvmVerdictFile(String path) {
    this.path = path;
  }

  /** The verdict that was kept for this device, if there is one. */
  Optional<KvmVerdict> read(FileStatus device) {
    return Files.readTextIfExists(path).flatMap(text -> decode(text, key(device)));
  }

  /** Keeps a verdict. */
  void write(FileStatus device, KvmVerdict verdict) {
    Optional<String> text = encode(verdict, key(device));
    if (text.isPresent()) {
      try {
        Files.replace(path, text.get(), 0644);
      } catch (LinuxException e) {
        // What cannot be kept is measured again the next time; nothing else is lost.
        return;
      }
    }
  }

  private static String key(FileStatus device) {
    return Files.readText("/proc/sys/kernel/random/boot_id").strip()
        + " "
        + Files.readText("/proc/sys/kernel/osrelease").strip()
        + " "
        + device.deviceMajor()
        + ":"
        + device.deviceMinor()
        + ":"
        + device.inode();
  }

  /** The file's text for a verdict, or empty for one that is not kept. */
  static Optional<String> encode(KvmVerdict verdict, String key) {
    return switch (verdict) {
      case KvmVerdict.EmulatesOnly(long rate) -> Optional.of(key + "\n" + rate + "\n");
      case KvmVerdict.Usable(long rate) -> Optional.of(key + "\n" + rate + "\n");
      case KvmVerdict.Absent absent -> Optional.empty();
      case KvmVerdict.Forbidden forbidden -> Optional.empty();
      case KvmVerdict.Broken broken -> Optional.empty();
    };
  }

  /** The verdict of a file's text, or empty if it is of another key or damaged. */
  static Optional<KvmVerdict> decode(String text, String key) {
    if (!text.startsWith(key + "\n") || !text.endsWith("\n")) {
      return Optional.empty();
    }
    KvmVerdict verdict = KvmProbe.judge(text.substring(key.length() + 1).strip());
    return encode(verdict, key).isPresent() ? Optional.of(verdict) : Optional.empty();
  }
}
