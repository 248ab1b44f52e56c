package dev.bulkhead.hypervisor.kvm;

/** What a look at the host's KVM found. */
public sealed interface KvmVerdict {
  /**
   * There is none.
   *
   * @param remedy what may bring it
   */
  record Absent(String reason, String remedy) implements KvmVerdict {}

  /**
   * It is there, but not for this process.
   *
   * @param remedy who or what may use it
   */
  record Forbidden(String reason, String remedy) implements KvmVerdict {}

  /** It is there, but a machine does not run. */
  record Broken(String reason) implements KvmVerdict {}

  /** It executes a guest kernel's instructions in software. */
  record EmulatesOnly(long instructionsPerSecond) implements KvmVerdict {}

  /** The processor executes them. */
  record Usable(long instructionsPerSecond) implements KvmVerdict {}

  /** The verdict in words that can follow "KVM is", as "absent: …". */
  default String words() {
    return switch (this) {
      case Absent(String reason, String remedy) -> "absent: " + reason + "; " + remedy;
      case Forbidden(String reason, String remedy) -> "forbidden: " + reason + "; " + remedy;
      case Broken(String reason) -> "present, but does not work: " + reason;
      case EmulatesOnly(long rate) -> "present, but only emulates (" + rate(rate) + ")";
      case Usable(long rate) -> "usable (" + rate(rate) + ")";
    };
  }

  private static String rate(long instructionsPerSecond) {
    long tenths = Math.max(1, (instructionsPerSecond + 50_000) / 100_000);
    String millions = tenths < 100 ? tenths / 10 + "." + tenths % 10 : "" + tenths / 10;
    return "about " + millions + " million instructions a second";
  }
}
