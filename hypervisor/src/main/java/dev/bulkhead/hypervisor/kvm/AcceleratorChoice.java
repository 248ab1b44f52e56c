package dev.bulkhead.hypervisor.kvm;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.HypervisorException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Who is to execute the guest's instructions, by the wish of a configuration and the state of the
 * host.
 *
 * @param warning one line for the user if it is not what is best, without a line feed
 */
public record AcceleratorChoice(Accelerator accelerator, Optional<String> warning) {
  /** What a configuration can ask for. */
  public enum Wish {
    /** KVM where it is usable, else translation. */
    AUTO,
    /** KVM or nothing. */
    KVM,
    /** Translation, and KVM is not looked at. */
    TCG;

    /** The wish of the configuration's word "auto", "kvm" or "tcg". */
    public static Optional<Wish> named(String word) {
      return switch (word) {
        case "auto" -> Optional.of(AUTO);
        case "kvm" -> Optional.of(KVM);
        case "tcg" -> Optional.of(TCG);
        default -> Optional.empty();
      };
    }
  }

  /**
   * Chooses.
   *
   * @param verdict asked only if it matters
   * @throws HypervisorException if KVM is wished for and not usable
   */
  public static AcceleratorChoice choose(Wish wish, Supplier<KvmVerdict> verdict) {
    if (wish == Wish.TCG) {
      return new AcceleratorChoice(Accelerator.TCG, Optional.empty());
    }
    KvmVerdict found = verdict.get();
    if (found instanceof KvmVerdict.Usable) {
      return new AcceleratorChoice(Accelerator.KVM, Optional.empty());
    }
    if (wish == Wish.KVM) {
      throw new HypervisorException(
          "accel is \"kvm\", but KVM is " + found.words() + "; \"auto\" would do without");
    }
    return new AcceleratorChoice(
        Accelerator.TCG,
        Optional.of(
            "KVM is "
                + found.words()
                + ": QEMU translates the guest's instructions (TCG) instead"));
  }
}
