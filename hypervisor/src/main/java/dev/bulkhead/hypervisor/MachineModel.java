package dev.bulkhead.hypervisor;

import java.util.Optional;

/** The kinds of machine that a guest kernel can find itself on. */
public enum MachineModel {
  /** A PC with PCI Express and ACPI; every distribution's kernel boots on it. */
  Q35("q35"),
  /** Without PCI and ACPI, devices by virtio-mmio; for a kernel that was built for it. */
  MICROVM("microvm");

  private final String configName;

  MachineModel(String configName) {
    this.configName = configName;
  }

  /** The name in configuration files and on QEMU's command line. */
  public String configName() {
    return configName;
  }

  /** The model of this name, if there is one. */
  public static Optional<MachineModel> named(String name) {
    for (MachineModel model : values()) {
      if (model.configName.equals(name)) {
        return Optional.of(model);
      }
    }
    return Optional.empty();
  }
}
