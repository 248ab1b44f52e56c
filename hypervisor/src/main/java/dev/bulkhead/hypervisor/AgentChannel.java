package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/** How host and agent are to talk. */
public sealed interface AgentChannel {
  /**
   * A virtio-serial port of the name {@link #PORT_NAME}; the running machine holds the host's end.
   */
  record SerialPort() implements AgentChannel {
    /**
     * The port's name in the guest, in /sys/class/virtio-ports/…/name; Kata's agent looks for it.
     */
    public static final String PORT_NAME = "agent.channel.0";
  }

  /**
   * vsock(7).
   *
   * @param device /dev/vhost-vsock, opened and bound to the context id; stays the caller's
   * @param contextId the guest's address, 3 or more
   */
  record Vsock(Fd device, long contextId) implements AgentChannel {
    public Vsock {
      if (contextId < 3 || contextId >= 0xffffffffL) {
        throw new IllegalArgumentException("not a guest's vsock context id: " + contextId);
      }
    }
  }
}
