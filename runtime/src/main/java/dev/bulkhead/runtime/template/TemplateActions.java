package dev.bulkhead.runtime.template;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.Timestamp;
import dev.bulkhead.runtime.network.SandboxNetwork;
import dev.bulkhead.runtime.network.TapDevice;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.template.TemplateStore;
import java.util.List;

/** What the command {@code template} does. */
public final class TemplateActions {
  private final Setup setup;

  /** Works with this set-up. */
  public TemplateActions(Setup setup) {
    this.setup = setup;
  }

  /** The templates that are kept, one a line. */
  public String status() {
    StringBuilder text = new StringBuilder();
    for (TemplateStore.Kept kept : store().list()) {
      text.append(kept.name())
          .append("  ")
          .append(kept.memoryMib())
          .append(" MiB  last used ")
          .append(Timestamp.rfc3339(kept.usedNanos()))
          .append('\n');
    }
    return text.isEmpty() ? "no templates\n" : text.toString();
  }

  /** The templates that are kept as a JSON array, with what the machines are made of. */
  public String json() {
    JsonArray array = new JsonArray();
    for (TemplateStore.Kept kept : store().list()) {
      JsonObject object = new JsonObject();
      object.put("name", kept.name());
      object.put("memoryMib", kept.memoryMib());
      object.put("lastUsed", Timestamp.rfc3339(kept.usedNanos()));
      object.put("machine", kept.description());
      array.add(object);
    }
    return JsonWriter.string(array) + "\n";
  }

  /** Makes the templates of machines whose containers have no limits; those that are there stay. */
  public void create() {
    store();
    // Those of the command run, which have no network unless it is asked for, and those of engines.
    prepare(0);
    prepare(SandboxNetwork.count(setup.network(), setup.machines().model(), 1));
  }

  private void prepare(int networkDevices) {
    int processors = setup.machines().processors().count();
    List<NetworkDevice> devices =
        Namespaces.withinNew(
            Namespaces.NETWORK,
            "net",
            () -> TapDevice.unconnected(networkDevices, index -> "tap" + index, processors));
    try {
      setup
          .templates()
          .prepare(
              setup
                  .machines()
                  .machine(
                      "template", LinuxResources.DEFAULT, setup.shares().placeholders(), devices));
    } finally {
      devices.forEach(NetworkDevice::close);
    }
  }

  /** Removes all templates. */
  public void remove() {
    store().removeAll();
  }

  private TemplateStore store() {
    return setup
        .templates()
        .store()
        .orElseThrow(
            () -> new ContainerException("templates are switched off; set factory.template"));
  }
}
