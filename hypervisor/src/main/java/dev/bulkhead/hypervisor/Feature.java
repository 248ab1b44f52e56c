package dev.bulkhead.hypervisor;

/** What one hypervisor can do and another cannot. */
public enum Feature {
  /** A stream to the agent over a virtio-serial port. */
  SERIAL_AGENT_CHANNEL("a virtio-serial port for the agent"),
  /** A stream to the agent over vsock, for which the host needs /dev/vhost-vsock. */
  VSOCK_AGENT_CHANNEL("vsock for the agent"),
  /** Directories shared by the hypervisor itself over 9p. */
  NINE_P_SHARES("virtio-9p shares"),
  /** Directories shared by a daemon of their own over virtio-fs. */
  VIRTIO_FS_SHARES("virtio-fs shares"),
  /** Network devices whose frames go through a tap. */
  NETWORK_DEVICES("network devices"),
  /** The host's processor runs the guest's instructions. */
  KVM("KVM"),
  /** The hypervisor translates the guest's instructions; slower, and possible everywhere. */
  TCG("translation without KVM (TCG)");

  private final String words;

  Feature(String words) {
    this.words = words;
  }

  /** The feature as it is called in an error's sentence. */
  public String words() {
    return words;
  }
}
