package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonObject;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.oci.json.JsonFields;
import dev.bulkhead.oci.json.JsonMessage;
import dev.bulkhead.oci.json.JsonType;

/** What a command can ask of a container's monitor. */
public sealed interface MonitorRequest extends JsonMessage {
  /** Start the container's first process. */
  record Start() implements MonitorRequest {}

  /**
   * Send a signal.
   *
   * @param all to every process of the container, not to its first one only
   */
  record Kill(int signal, boolean all) implements MonitorRequest {}

  /**
   * Add a process. With the request come the link of its container process, then its standard
   * input, output and error, or its terminal alone.
   *
   * @param pid the id of its container process
   */
  record Exec(int pid, Process process) implements MonitorRequest {}

  /** Stop all processes of the container where they are. */
  record Pause() implements MonitorRequest {}

  /** Let them go on. */
  record Resume() implements MonitorRequest {}

  /** Change the container's limits. */
  record Update(LinuxResources resources) implements MonitorRequest {}

  /** Tell what the container has used. */
  record Statistics() implements MonitorRequest {}

  /** Tell how full a directly assigned volume is. */
  record VolumeStatistics(String volumePath) implements MonitorRequest {}

  /** Grow a directly assigned volume to the size that its device has got. */
  record ResizeVolume(String volumePath, long bytes) implements MonitorRequest {}

  /** Tell the ids of all processes on the host that belong to the container. */
  record ListProcesses() implements MonitorRequest {}

  /** End the container, and the monitor with it unless the container joined another's machine. */
  record Destroy() implements MonitorRequest {}

  /**
   * Add another container to the machine. With the request come the link of its container process,
   * its streams, and what its guest is lent.
   *
   * @param directory the other container's, with its state
   * @param streams how many descriptors are its standard streams, or its terminal
   */
  record Join(String directory, int streams, Spec spec) implements MonitorRequest {}

  @Override
  default JsonObject toJson() {
    JsonObject json = new JsonObject();
    switch (this) {
      case Start start -> json.put("request", "start");
      case Kill(int signal, boolean all) -> {
        json.put("request", "kill");
        json.put("signal", signal);
        json.put("all", all);
      }
      case Exec(int pid, Process process) -> {
        json.put("request", "exec");
        json.put("pid", pid);
        json.put("process", process.toJson());
      }
      case Pause pause -> json.put("request", "pause");
      case Resume resume -> json.put("request", "resume");
      case Update(LinuxResources resources) -> {
        json.put("request", "update");
        json.put("resources", resources.toJson());
      }
      case Statistics statistics -> json.put("request", "statistics");
      case VolumeStatistics(String volumePath) -> {
        json.put("request", "volume-statistics");
        json.put("volume", volumePath);
      }
      case ResizeVolume(String volumePath, long bytes) -> {
        json.put("request", "resize-volume");
        json.put("volume", volumePath);
        json.put("bytes", bytes);
      }
      case ListProcesses list -> json.put("request", "processes");
      case Destroy destroy -> json.put("request", "destroy");
      case Join(String directory, int streams, Spec spec) -> {
        json.put("request", "join");
        json.put("directory", directory);
        json.put("streams", streams);
        json.put("spec", spec.toJson());
      }
    }
    return json;
  }

  /** Reads a request. */
  static MonitorRequest fromJson(JsonObject json) throws InvalidJsonException {
    JsonFields fields = new JsonFields(json, "");
    String name = fields.get("request", JsonType.STRING, "");
    return switch (name) {
      case "start" -> new Start();
      case "kill" ->
          new Kill(
              fields.get("signal", JsonType.INT32, 0), fields.get("all", JsonType.BOOL, false));
      case "exec" -> {
        Process process = fields.message("process", Process::fromJson);
        yield new Exec(
            fields.get("pid", JsonType.INT32, 0), process == null ? Process.DEFAULT : process);
      }
      case "pause" -> new Pause();
      case "resume" -> new Resume();
      case "update" -> {
        LinuxResources resources = fields.message("resources", LinuxResources::fromJson);
        yield new Update(resources == null ? LinuxResources.DEFAULT : resources);
      }
      case "statistics" -> new Statistics();
      case "volume-statistics" -> new VolumeStatistics(volume(fields));
      case "resize-volume" ->
          new ResizeVolume(volume(fields), fields.get("bytes", JsonType.INT64, 0L));
      case "processes" -> new ListProcesses();
      case "destroy" -> new Destroy();
      case "join" -> {
        Spec spec = fields.message("spec", Spec::fromJson);
        yield new Join(
            fields.get("directory", JsonType.STRING, ""),
            fields.get("streams", JsonType.INT32, 0),
            spec == null ? Spec.DEFAULT : spec);
      }
      default -> throw new InvalidJsonException("the request '" + name + "' is unknown");
    };
  }

  private static String volume(JsonFields fields) throws InvalidJsonException {
    return fields.get("volume", JsonType.STRING, "");
  }
}
