package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.nio.charset.StandardCharsets;

/** {@code update}: other limits for a container that is there. */
public final class Update {
  private static final int LIMIT = 1 << 20;
  private static final String STANDARD_INPUT = "-";

  private final OciRuntime runtime;

  public Update(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Reads limits from a file.
   *
   * @param file its path, or "-" for standard input
   */
  public static LinuxResources read(String file) {
    try {
      byte[] bytes =
          file.equals(STANDARD_INPUT) ? Fd.STDIN.readAll(LIMIT) : Files.read(file, LIMIT);
      String text = new String(bytes, StandardCharsets.UTF_8);
      return LinuxResources.fromJson(JsonParser.object().from(text), "");
    } catch (LinuxException e) {
      throw new ContainerException(
          "the resources in '" + file + "' cannot be read: " + e.reason(), e);
    } catch (JsonParserException | InvalidJsonException e) {
      throw new ContainerException(
          "the resources in '" + file + "' are wrong: " + e.getMessage(), e);
    }
  }

  /** Sets those limits that are not absent or zero. */
  public void run(String id, LinuxResources resources) {
    runtime.ask(id, new MonitorRequest.Update(resources));
  }
}
