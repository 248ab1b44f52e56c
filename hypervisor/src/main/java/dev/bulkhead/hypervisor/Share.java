package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;

/** A directory of the host that the guest can mount by its tag. */
public sealed interface Share {
  /** What the guest names in mount(2), at most 31 bytes. */
  String tag();

  /**
   * Served by the hypervisor over virtio-9p.
   *
   * @param directory an absolute path. What is mounted below it after the machine's start is seen
   *     by the guest if the directory is a mount whose propagation is shared.
   * @param readOnly whether the guest may change nothing; else it may change what is mounted below
   *     the directory
   */
  record NineP(String tag, String directory, boolean readOnly) implements Share {
    public NineP {
      checkTag(tag);
      if (!directory.startsWith("/")) {
        throw new IllegalArgumentException("share '" + tag + "' of a relative path: " + directory);
      }
    }
  }

  /**
   * Served by a daemon over virtio-fs.
   *
   * @param daemon a connection to the daemon's vhost-user socket; stays the caller's, who may close
   *     it when the machine has been started
   */
  record VirtioFs(String tag, Fd daemon) implements Share {
    public VirtioFs {
      checkTag(tag);
    }
  }

  private static void checkTag(String tag) {
    boolean plain = !tag.isEmpty() && tag.length() <= 31;
    for (int i = 0; i < tag.length(); i++) {
      plain &= tag.charAt(i) > ' ' && tag.charAt(i) < 0x7f;
    }
    if (!plain) {
      throw new IllegalArgumentException(
          "a share's tag is 1 to 31 printable ASCII characters, not '" + tag + "'");
    }
  }
}
