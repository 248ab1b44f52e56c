package dev.bulkhead.runtime.config;

/** How the guest gets at the host's directories. */
public enum SharedFileSystem {
  /** By QEMU itself. */
  VIRTIO_9P("virtio-9p"),
  /** By a daemon per sandbox, virtiofsd. */
  VIRTIO_FS("virtio-fs"),
  /** Not at all: root file systems are disks, and small volumes are copied. */
  NONE("none"),
  /** The best of those that share, by what the host has. */
  AUTO("auto");

  private final String word;

  SharedFileSystem(String word) {
    this.word = word;
  }

  /** The name in the configuration. */
  public String word() {
    return word;
  }
}
