package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.runtime.container.ContainerState;

/** {@code state}: what the OCI specification wants to know of a container, and what runc adds. */
public final class StateCommand {
  private final OciRuntime runtime;

  public StateCommand(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** The state as JSON, in lines. */
  public String run(String id) {
    return JsonWriter.indent("  ").string().object(json(runtime.root().state(id))).done() + "\n";
  }

  /** In the order and with the names of runc. */
  static JsonObject json(ContainerState state) {
    JsonObject json = state.toOci(state.status()).toJson();
    json.put("rootfs", state.rootfs());
    json.put("created", state.created());
    json.put("owner", owner(state));
    json.put("annotations", new JsonObject(state.annotations()));
    return json;
  }

  static String owner(ContainerState state) {
    return state.owner() == 0 ? "root" : Integer.toString(state.owner());
  }
}
