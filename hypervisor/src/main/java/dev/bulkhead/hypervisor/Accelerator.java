package dev.bulkhead.hypervisor;

/** Who executes the guest's instructions. */
public enum Accelerator {
  /** The host's processor, by /dev/kvm. */
  KVM,
  /** QEMU, by translation. */
  TCG
}
