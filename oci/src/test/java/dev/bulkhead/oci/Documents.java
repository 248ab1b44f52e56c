package dev.bulkhead.oci;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** JSON documents for tests. */
final class Documents {
  private Documents() {}

  static JsonObject read(String file) throws IOException, JsonParserException {
    try (InputStream in = Documents.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IOException("There is no test document " + file + ".");
      }
      return JsonParser.object().from(in);
    }
  }

  static JsonObject parse(String text) throws JsonParserException {
    return JsonParser.object().from(text);
  }

  /** The document after it was written and parsed again. */
  static JsonObject reparsed(JsonObject json) throws JsonParserException {
    return parse(JsonWriter.string(json));
  }

  /** The same document with all properties in one order. */
  static Object sorted(Object json) {
    return switch (json) {
      case Map<?, ?> object -> {
        Map<String, Object> sorted = new TreeMap<>();
        object.forEach((name, value) -> sorted.put((String) name, sorted(value)));
        yield sorted;
      }
      case List<?> array -> array.stream().map(Documents::sorted).toList();
      default -> json;
    };
  }
}
