package dev.bulkhead.oci.json;

import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The properties of a JSON object, by name and type. A property that is null counts as absent, as
 * it does for the programs that write these documents.
 */
public final class JsonFields {
  /**
   * Makes a message of a JSON object.
   *
   * @param <T> the message
   */
  @FunctionalInterface
  public interface MessageReader<T> {
    /**
     * Reads the message.
     *
     * @param path where the object stands in the document
     */
    T read(JsonObject json, String path) throws InvalidJsonException;
  }

  private final JsonObject json;
  private final String path;

  /**
   * The properties of {@code json}.
   *
   * @param path where the object stands in its document; empty for the document itself
   */
  public JsonFields(JsonObject json, String path) {
    this.json = json;
    this.path = path;
  }

  /** A property, or {@code absent} when it is not there. */
  public <T> T get(String name, JsonType<T> type, T absent) throws InvalidJsonException {
    Object value = json.get(name);
    return value == null ? absent : type.read(value, pathOf(name));
  }

  /** An array of values; empty when it is not there. */
  public <T> List<T> list(String name, JsonType<T> type) throws InvalidJsonException {
    List<T> list = new ArrayList<>();
    for (Object value : array(name)) {
      list.add(type.read(value, pathOf(name) + "[" + list.size() + "]"));
    }
    return list;
  }

  /** An object whose properties are all of one type; empty when it is not there. */
  public <T> Map<String, T> map(String name, JsonType<T> type) throws InvalidJsonException {
    Map<String, T> map = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : object(name).entrySet()) {
      map.put(entry.getKey(), type.read(entry.getValue(), pathOf(name) + "." + entry.getKey()));
    }
    return map;
  }

  /** A message, or null when it is not there. */
  public <T> T message(String name, MessageReader<T> reader) throws InvalidJsonException {
    Object value = json.get(name);
    return value == null ? null : reader.read(asObject(value, pathOf(name)), pathOf(name));
  }

  /** An array of messages; empty when it is not there. */
  public <T> List<T> messages(String name, MessageReader<T> reader) throws InvalidJsonException {
    List<T> list = new ArrayList<>();
    for (Object value : array(name)) {
      String place = pathOf(name) + "[" + list.size() + "]";
      list.add(reader.read(asObject(value, place), place));
    }
    return list;
  }

  /** An object whose properties are messages of one type; empty when it is not there. */
  public <T> Map<String, T> messageMap(String name, MessageReader<T> reader)
      throws InvalidJsonException {
    Map<String, T> map = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : object(name).entrySet()) {
      String place = pathOf(name) + "." + entry.getKey();
      map.put(entry.getKey(), reader.read(asObject(entry.getValue(), place), place));
    }
    return map;
  }

  private List<?> array(String name) throws InvalidJsonException {
    return switch (json.get(name)) {
      case null -> List.of();
      case List<?> list -> list;
      case Object other -> throw JsonType.wrongType("an array", other, pathOf(name));
    };
  }

  private JsonObject object(String name) throws InvalidJsonException {
    Object value = json.get(name);
    return value == null ? new JsonObject() : asObject(value, pathOf(name));
  }

  private static JsonObject asObject(Object value, String place) throws InvalidJsonException {
    if (value instanceof JsonObject object) {
      return object;
    }
    throw JsonType.wrongType("an object", value, place);
  }

  private String pathOf(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
