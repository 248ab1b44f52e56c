package dev.bulkhead.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice.Wish;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KvmVerdictTest {
  private static final KvmVerdict SLOW = new KvmVerdict.EmulatesOnly(1_523_000);
  private static final KvmVerdict GOOD = new KvmVerdict.Usable(4_600_000_000L);

  @Test
  void saysTheRateInWords() {
    assertEquals(
        "present, but only emulates (about 1.5 million instructions a second)", SLOW.words());
    assertEquals("usable (about 4600 million instructions a second)", GOOD.words());
    assertTrue(new KvmVerdict.EmulatesOnly(900).words().contains("about 0.1 million"));
    assertTrue(new KvmVerdict.EmulatesOnly(9_960_000).words().contains("about 10 million"));
  }

  @Test
  void judgesWhatTheProbeReports() {
    assertEquals(SLOW, KvmProbe.judge("1523000"));
    assertEquals(GOOD, KvmProbe.judge("4600000000"));
    assertEquals(
        new KvmVerdict.Usable(KvmProbe.WORTH_USING), KvmProbe.judge("" + KvmProbe.WORTH_USING));
    assertEquals(
        new KvmVerdict.Broken("KVM_CREATE_VM /dev/kvm: Device or resource busy"),
        KvmProbe.judge("KVM_CREATE_VM /dev/kvm: Device or resource busy"));
    assertTrue(KvmProbe.judge("").words().contains("did not end"));
  }

  @Test
  void keepsMeasurementsForTheirKey() {
    for (KvmVerdict verdict : new KvmVerdict[] {SLOW, GOOD}) {
      String text = KvmVerdictFile.encode(verdict, "boot kernel 1:2:3").orElseThrow();
      assertEquals(Optional.of(verdict), KvmVerdictFile.decode(text, "boot kernel 1:2:3"));
      assertEquals(Optional.empty(), KvmVerdictFile.decode(text, "boot kernel 1:2:4"));
      assertEquals(Optional.empty(), KvmVerdictFile.decode(text, "boot kernel 1:2:"));
    }
  }

  @Test
  void keepsNothingElse() {
    assertEquals(Optional.empty(), KvmVerdictFile.encode(new KvmVerdict.Broken("x"), "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.encode(new KvmVerdict.Absent("x", "y"), "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.encode(new KvmVerdict.Forbidden("x", "y"), "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.decode("k\n", "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.decode("k\n46000", "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.decode("k\nnonsense\n", "k"));
    assertEquals(Optional.empty(), KvmVerdictFile.decode("", "k"));
  }

  @Test
  void takesKvmWhereItIsUsable() {
    AcceleratorChoice kvm = new AcceleratorChoice(Accelerator.KVM, Optional.empty());
    assertEquals(kvm, AcceleratorChoice.choose(Wish.AUTO, () -> GOOD));
    assertEquals(kvm, AcceleratorChoice.choose(Wish.KVM, () -> GOOD));
  }

  @Test
  void fallsBackWithOneLine() {
    AcceleratorChoice choice = AcceleratorChoice.choose(Wish.AUTO, () -> SLOW);
    assertEquals(Accelerator.TCG, choice.accelerator());
    assertEquals(
        "KVM is present, but only emulates (about 1.5 million instructions a second): QEMU"
            + " translates the guest's instructions (TCG) instead",
        choice.warning().orElseThrow());
  }

  @Test
  void doesNotLookAtKvmThatIsNotWanted() {
    assertEquals(
        new AcceleratorChoice(Accelerator.TCG, Optional.empty()),
        AcceleratorChoice.choose(Wish.TCG, () -> fail("looked")));
  }

  @Test
  void refusesKvmThatIsWantedAndUnusable() {
    HypervisorException refusal =
        assertThrows(
            HypervisorException.class,
            () ->
                AcceleratorChoice.choose(
                    Wish.KVM, () -> new KvmVerdict.Forbidden("no access", "join the group kvm")));
    assertEquals(
        "accel is \"kvm\", but KVM is forbidden: no access; join the group kvm; \"auto\" would do"
            + " without",
        refusal.getMessage());
  }

  @Test
  void knowsTheConfigurationsWords() {
    assertEquals(Optional.of(Wish.AUTO), Wish.named("auto"));
    assertEquals(Optional.of(Wish.KVM), Wish.named("kvm"));
    assertEquals(Optional.of(Wish.TCG), Wish.named("tcg"));
    assertEquals(Optional.empty(), Wish.named("AUTO"));
  }
}
