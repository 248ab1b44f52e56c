package dev.bulkhead.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations that Docker and containerd wrote. */
class SamplesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "config-cri-container.json",
        "config-cri-sandbox.json",
        "config-docker-host.json",
        "config-docker-init.json",
        "config-docker-net-host.json",
        "config-docker-net-none.json",
        "config-docker-priv.json",
        "config-docker-res.json",
        "config-docker-user.json",
        "config-docker-vol.json",
        "config-docker.json"
      })
  void everyPropertySurvives(String file) throws Exception {
    JsonObject json = read(file);
    Spec spec = Spec.fromJson(json, "");

    assertNotEquals(Spec.DEFAULT, spec);
    assertEquals(sorted(json), sorted(reparsed(spec.toJson())));
    assertEquals(spec, Spec.fromJson(reparsed(spec.toJson()), ""));
    assertEquals(spec, Spec.decode(spec.encode()));
    assertEquals(sorted(json), sorted(reparsed(Spec.decode(spec.encode()).toJson())));
  }

  private static JsonObject read(String file) throws IOException, JsonParserException {
    try (InputStream in = SamplesTest.class.getResourceAsStream(file)) {
      assertTrue(in != null, "no sample " + file);
      return JsonParser.object().from(in);
    }
  }

  private static JsonObject reparsed(JsonObject json) throws JsonParserException {
    return JsonParser.object().from(JsonWriter.string(json));
  }

  /** The same document with properties in one order. */
  private static Object sorted(Object json) {
    return switch (json) {
      case Map<?, ?> object -> {
        Map<String, Object> sorted = new TreeMap<>();
        object.forEach((name, value) -> sorted.put((String) name, sorted(value)));
        yield sorted;
      }
      case List<?> array -> array.stream().map(SamplesTest::sorted).toList();
      default -> json;
    };
  }
}
