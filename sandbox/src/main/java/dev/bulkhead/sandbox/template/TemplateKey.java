package dev.bulkhead.sandbox.template;

import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;

/**
 * What two machines must have in common, so that one can be a clone of the other, or stand in for
 * it.
 *
 * @param description all of it, one property a line
 * @param memoryMib the machine's memory
 */
public record TemplateKey(String description, int memoryMib) {
  private static final int FORMAT = 2;
  private static final String MEMORY = "memory";

  /** How machines begin. */
  enum Beginning {
    /** Each boots. */
    BOOT,
    /** As a clone of one whose state was saved. */
    STATE,
    /** As a clone of one that was saved with its hypervisor's process, if that can be. */
    PROCESS
  }

  /**
   * The key of a machine.
   *
   * @param hypervisor what tells the hypervisor's version
   * @param shareOptions those that a guest has mounted the host's files with
   */
  static TemplateKey of(
      MachineSpec spec, String hypervisor, String shareOptions, Beginning beginning) {
    StringBuilder text = new StringBuilder();
    line(text, "format", Integer.toString(FORMAT));
    // Who wants no clones, or those of another kind, shall not get what others have left.
    line(text, "beginning", beginning.name());
    // Another version of it may start the hypervisor in another way.
    line(text, "bulkhead", file("/proc/self/exe"));
    line(text, "hypervisor", hypervisor);
    line(text, "kernel", file(spec.kernel()));
    line(text, "initrd", spec.initrd().map(TemplateKey::file).orElse(""));
    line(text, "image", spec.image().map(TemplateKey::file).orElse(""));
    line(text, "model", spec.model().configName());
    line(text, "accelerator", spec.accelerator().name());
    line(text, MEMORY, Integer.toString(spec.memoryMib()));
    line(text, "vcpus", Integer.toString(spec.vcpus()));
    spec.kernelParameters().forEach(parameter -> line(text, "parameter", parameter));
    for (Share share : spec.shares()) {
      line(text, "share", share.tag() + " " + shareOptions);
    }
    for (NetworkDevice device : spec.networkDevices()) {
      line(
          text,
          "network device",
          device.pciPath()
              + " of "
              + device.taps().size()
              + (device.accelerators().isEmpty() ? " queues" : " accelerated queues"));
    }
    line(text, "bridges", Integer.toString(spec.bridges()));
    return new TemplateKey(text.toString(), spec.memoryMib());
  }

  /** The memory of a machine with such a description, in MiB; 0 if that tells of none. */
  static int memoryMib(String description) {
    String start = "\n" + MEMORY + ": ";
    int at = description.indexOf(start);
    if (at < 0) {
      return 0;
    }
    int from = at + start.length();
    return Integer.parseInt(description.substring(from, description.indexOf('\n', from)));
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(name).append(": ").append(value.replace("\n", "\\n")).append('\n');
  }

  /** A file by what changes with its content. */
  private static String file(String path) {
    FileStatus status = Files.status(path);
    return path + " " + status.inode() + " " + status.size() + " " + status.modifiedNanos();
  }

  /** A short name for it; two keys may share one, so the description decides. */
  public String name() {
    return Integer.toHexString(description.hashCode());
  }
}
