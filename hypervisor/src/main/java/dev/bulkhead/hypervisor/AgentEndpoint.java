package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/** Where the host reaches the agent of a running machine. */
public sealed interface AgentEndpoint {
  /**
   * A stream that is connected already; bytes sent before the guest opens its end wait there.
   *
   * @param stream non-blocking; it stays the machine's, so close what watches it first
   */
  record Stream(Fd stream) implements AgentEndpoint {}

  /** A vsock address; connecting is refused until the agent listens. */
  record Vsock(long contextId) implements AgentEndpoint {}
}
