package dev.bulkhead.sandbox.disk;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.oci.json.JsonFields;
import dev.bulkhead.oci.json.JsonType;
import dev.bulkhead.sandbox.SandboxException;
import java.util.List;
import java.util.Map;

/**
 * A volume that the guest mounts from a block device, instead of the directory that stands for it
 * on the host: Kata's {@code mountInfo.json}.
 *
 * @param type "block" or "directvol", which mean the same
 * @param device a block device, or a file with a disk's content
 * @param fsType what is on it
 * @param options those of mount(8)
 */
public record DirectVolume(String type, String device, String fsType, List<String> options) {
  private static final List<String> TYPES = List.of("block", "directvol");

  public DirectVolume {
    options = List.copyOf(options);
  }

  /**
   * Reads the description.
   *
   * @throws SandboxException if it makes no sense, or asks for what is not supported
   */
  public static DirectVolume fromJson(String text) {
    DirectVolume volume;
    Map<String, String> metadata;
    try {
      JsonFields fields = new JsonFields(object(text), "");
      volume =
          new DirectVolume(
              fields.get("volume-type", JsonType.STRING, ""),
              fields.get("device", JsonType.STRING, ""),
              fields.get("fstype", JsonType.STRING, ""),
              fields.list("options", JsonType.STRING));
      metadata = fields.map("metadata", JsonType.STRING);
    } catch (InvalidJsonException e) {
      throw new SandboxException(
          "the description of a direct volume is wrong: " + e.getMessage(), e);
    }
    refuse(!TYPES.contains(volume.type()), "volume-type '" + volume.type() + "'");
    refuse(!volume.device().startsWith("/"), "device '" + volume.device() + "'");
    refuse(volume.fsType().isEmpty(), "fstype ''");
    refuse(metadata.containsKey("fsGroup"), "metadata.fsGroup");
    return volume;
  }

  private static JsonObject object(String text) throws InvalidJsonException {
    try {
      return JsonParser.object().from(text);
    } catch (JsonParserException e) {
      throw new InvalidJsonException("it is no JSON: " + e.getMessage());
    }
  }

  private static void refuse(boolean wrong, String what) {
    if (wrong) {
      throw new SandboxException(
          "the description of a direct volume has the " + what + ", which is not supported");
    }
  }
}
