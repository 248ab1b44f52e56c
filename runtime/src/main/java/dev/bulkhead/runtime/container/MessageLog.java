package dev.bulkhead.runtime.container;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The log file that a caller names by {@code --log}: engines show its last error to the user.
 *
 * @param path absolute; empty for none
 * @param json whether each entry is a JSON object, else it is a line of text
 */
public record MessageLog(Optional<String> path, boolean json) {
  /** What a message means. */
  public enum Level {
    ERROR("error"),
    WARNING("warning");

    private final String word;

    Level(String word) {
      this.word = word;
    }
  }

  /** Makes the file if it is missing, as engines open it whatever happened. */
  public void create() {
    path.ifPresent(file -> open(file).close());
  }

  /** Appends a message; a container goes on where that fails, as on a full disk. */
  public void write(Level level, String message) {
    if (path.isEmpty()) {
      return;
    }
    try (Fd file = open(path.get())) {
      file.writeAll(entry(level, message).getBytes(StandardCharsets.UTF_8));
    } catch (LinuxException e) {
      // There is no better place to tell it.
    }
  }

  private static Fd open(String file) {
    return Files.open(file, Open.O_WRONLY | Open.O_APPEND | Open.O_CREAT, 0644);
  }

  private String entry(Level level, String message) {
    if (!json) {
      return line(level, message);
    }
    JsonObject entry = new JsonObject();
    entry.put("level", level.word);
    entry.put("msg", message);
    entry.put("time", Timestamp.rfc3339(Clock.realtimeNanos()));
    return JsonWriter.string(entry) + "\n";
  }

  /** A message as a line of text, as logrus and with it containerd write it. */
  public static String line(Level level, String message) {
    return "time=\""
        + Timestamp.rfc3339(Clock.realtimeNanos())
        + "\" level="
        + level.word
        + " msg="
        + JsonWriter.string(message)
        + "\n";
  }
}
