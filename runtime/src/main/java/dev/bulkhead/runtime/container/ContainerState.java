package dev.bulkhead.runtime.container;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.State;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.oci.json.JsonFields;
import dev.bulkhead.oci.json.JsonType;
import java.util.Map;

/**
 * What a container leaves on disk for the commands that come after its creation.
 *
 * @param bundle absolute
 * @param rootfs the root file system's path on the host, absolute
 * @param created when, by RFC 3339
 * @param owner the id of the user who created it
 * @param written the status when this was written; {@link #status} tells the present one
 * @param process the container process
 * @param monitor the process that owns the sandbox; none of a container in another one's machine
 * @param cgroup the path of its cgroup on the host
 * @param network the file of the network namespace that it joined, "" if it joined none
 * @param hooks those that are run after the creation
 */
public record ContainerState(
    String ociVersion,
    String id,
    String bundle,
    String rootfs,
    String created,
    int owner,
    Map<String, String> annotations,
    ContainerStatus written,
    ProcessIdentity process,
    ProcessIdentity monitor,
    String cgroup,
    String network,
    Hooks hooks) {
  public ContainerState {
    annotations = Map.copyOf(annotations);
  }

  public ContainerState withWritten(ContainerStatus status) {
    return new ContainerState(
        ociVersion,
        id,
        bundle,
        rootfs,
        created,
        owner,
        annotations,
        status,
        process,
        monitor,
        cgroup,
        network,
        hooks);
  }

  public ContainerState withMonitor(ProcessIdentity newMonitor) {
    return new ContainerState(
        ociVersion,
        id,
        bundle,
        rootfs,
        created,
        owner,
        annotations,
        written,
        process,
        newMonitor,
        cgroup,
        network,
        hooks);
  }

  /** The present status: without its process a container is stopped, whatever was written. */
  public ContainerStatus status() {
    return process.isAlive() ? written : ContainerStatus.STOPPED;
  }

  /** What the specification lets hooks and callers know, with a status. */
  public State toOci(ContainerStatus status) {
    return new State(
        ociVersion,
        id,
        status.word(),
        status == ContainerStatus.STOPPED ? 0 : process.pid(),
        bundle,
        annotations);
  }

  /** The state file's content. */
  String toText() {
    JsonObject json = new JsonObject();
    json.put("ociVersion", ociVersion);
    json.put("id", id);
    json.put("bundle", bundle);
    json.put("rootfs", rootfs);
    json.put("created", created);
    json.put("owner", owner);
    json.put("annotations", new JsonObject(annotations));
    json.put("status", written.word());
    json.put("process", toJson(process));
    json.put("monitor", toJson(monitor));
    json.put("cgroup", cgroup);
    json.put("network", network);
    json.put("hooks", hooks.toJson());
    return JsonWriter.string(json);
  }

  private static JsonObject toJson(ProcessIdentity process) {
    JsonObject json = new JsonObject();
    json.put("pid", process.pid());
    json.put("startTicks", process.startTicks());
    return json;
  }

  /**
   * Reads a state file's content.
   *
   * @throws InvalidJsonException if it is none
   */
  static ContainerState fromText(String text) throws InvalidJsonException {
    JsonObject json;
    try {
      json = JsonParser.object().from(text);
    } catch (JsonParserException e) {
      throw new InvalidJsonException(e.getMessage());
    }
    JsonFields fields = new JsonFields(json, "");
    String status = fields.get("status", JsonType.STRING, "");
    Hooks hooks = fields.message("hooks", Hooks::fromJson);
    return new ContainerState(
        fields.get("ociVersion", JsonType.STRING, ""),
        fields.get("id", JsonType.STRING, ""),
        fields.get("bundle", JsonType.STRING, ""),
        fields.get("rootfs", JsonType.STRING, ""),
        fields.get("created", JsonType.STRING, ""),
        fields.get("owner", JsonType.INT32, 0),
        fields.map("annotations", JsonType.STRING),
        ContainerStatus.named(status)
            .orElseThrow(() -> new InvalidJsonException("status '" + status + "' is unknown")),
        identity(fields, "process"),
        identity(fields, "monitor"),
        fields.get("cgroup", JsonType.STRING, ""),
        fields.get("network", JsonType.STRING, ""),
        hooks == null ? Hooks.DEFAULT : hooks);
  }

  private static ProcessIdentity identity(JsonFields fields, String name)
      throws InvalidJsonException {
    ProcessIdentity identity =
        fields.message(
            name,
            (json, path) -> {
              JsonFields inner = new JsonFields(json, path);
              return new ProcessIdentity(
                  inner.get("pid", JsonType.INT32, 0), inner.get("startTicks", JsonType.INT64, 0L));
            });
    return identity == null ? ProcessIdentity.NONE : identity;
  }
}
