package dev.bulkhead.linux;

import java.util.Optional;

/**
 * The number by which the kernel knows a device.
 *
 * @param block whether it is a block device, and not a character device
 */
public record DeviceNumber(boolean block, long major, long minor) {
  private static final String NAME = "\nDEVNAME=";

  /** The node that the kernel made of it in devtmpfs, if there is such a device. */
  public Optional<String> node() {
    String uevent = "/sys/dev/" + (block ? "block/" : "char/") + text() + "/uevent";
    String facts = "\n" + Files.readTextIfExists(uevent).orElse("");
    int start = facts.indexOf(NAME);
    return start < 0
        ? Optional.empty()
        : Optional.of(
            "/dev/" + facts.substring(start + NAME.length(), facts.indexOf('\n', start + 1)));
  }

  /** As "8:0". */
  public String text() {
    return major + ":" + minor;
  }
}
