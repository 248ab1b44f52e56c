package dev.bulkhead.hypervisor;

/**
 * How a machine ended.
 *
 * @param cause what kind of end it was
 * @param sentence the same for a user, with the last words of whoever knows more
 */
public record MachineExit(Cause cause, String sentence) {
  /** The kinds of end. */
  public enum Cause {
    /** The guest switched itself off or restarted. */
    GUEST_ENDED,
    /** The guest's kernel gave up. */
    GUEST_PANICKED,
    /** {@link VirtualMachine#stop} or a signal ended the hypervisor. */
    STOPPED,
    /** The hypervisor failed. */
    HYPERVISOR_FAILED
  }
}
