package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration that cannot be read, or makes no sense, is refused with a sentence. */
@ExtendWith(LeavesNothing.class)
final class ConfigTypesTest {
  @TempDir Path scratch;

  /** A value with another one in its place, and the path by which a sentence may name it. */
  private record Damage(String path, JsonObject config) {}

  private static JsonObject sample(String name) throws Exception {
    try (InputStream stream = ConfigTypesTest.class.getResourceAsStream(name)) {
      return JsonParser.object().from(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Every value, once with each structure: of an array's elements only the first is taken. */
  private static List<Damage> damages(String text) throws Exception {
    List<Damage> damages = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    walk(JsonParser.object().from(text), "", text, List.of(), seen, damages);
    return damages;
  }

  private static void walk(
      Object value,
      String path,
      String text,
      List<Object> steps,
      Set<String> seen,
      List<Damage> damages)
      throws Exception {
    if (!steps.isEmpty() && seen.add(path.replaceAll("\\[\\d+\\]", "[]"))) {
      JsonObject config = JsonParser.object().from(text);
      replace(config, steps, wrong(value));
      damages.add(new Damage(path, config));
    }
    if (value instanceof JsonObject object) {
      for (Map.Entry<String, Object> entry : object.entrySet()) {
        String below = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
        walk(entry.getValue(), below, text, with(steps, entry.getKey()), seen, damages);
      }
    } else if (value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        walk(array.get(i), path + "[" + i + "]", text, with(steps, i), seen, damages);
      }
    }
  }

  private static List<Object> with(List<Object> steps, Object step) {
    List<Object> more = new ArrayList<>(steps);
    more.add(step);
    return more;
  }

  private static Object wrong(Object value) {
    return switch (value) {
      case JsonObject object -> JsonArray.from("wrong");
      case JsonArray array -> new JsonObject(Map.of("wrong", 1));
      case String text -> 5;
      default -> "wrong";
    };
  }

  private static void replace(Object in, List<Object> steps, Object value) {
    Object holder = in;
    for (Object step : steps.subList(0, steps.size() - 1)) {
      holder =
          holder instanceof JsonArray array
              ? array.get((Integer) step)
              : ((JsonObject) holder).get(step.toString());
    }
    if (holder instanceof JsonArray array) {
      array.set((Integer) steps.getLast(), value);
    } else {
      ((JsonObject) holder).put(steps.getLast().toString(), value);
    }
  }

  private Command.Result create() {
    return Dist.bulkhead(
            "--root",
            scratch.resolve("root").toString(),
            "create",
            "--bundle",
            scratch.toString(),
            "wrong")
        .run();
  }

  private String refused() {
    Command.Result result = create().expect(125);
    assertEquals(1, result.errors().lines().count(), result.errors());
    assertFalse(Files.exists(scratch.resolve("root/wrong")));
    return result.errors();
  }

  @ParameterizedTest
  @ValueSource(strings = {"config-docker.json", "config-docker-res.json", "config-cri.json"})
  void everyFieldOfTheWrongTypeIsNamed(String name) throws Exception {
    JsonObject config = sample(name);
    config.getObject("root").put("path", Dist.busybox().toString());
    List<Damage> damages = damages(JsonWriter.string(config));
    assertTrue(damages.size() > 50, "only " + damages.size());
    for (Damage damage : damages) {
      Files.writeString(scratch.resolve("config.json"), JsonWriter.string(damage.config()));
      String sentence = refused();
      assertTrue(sentence.contains(damage.path()), damage.path() + ": " + sentence);
    }
  }

  @Test
  void whatIsNoConfigurationIsRefused() throws IOException {
    Path file = scratch.resolve("config.json");
    assertTrue(refused().contains(file + "' cannot be read: No such file"), refused());
    Files.createDirectory(file);
    assertTrue(refused().contains(file + "' cannot be read: Is a directory"), refused());
    Files.delete(file);
    for (String text : List.of("", "[]", "nonsense", "{\"ociVersion\": \"1.0.2\"", "\0\0")) {
      Files.writeString(file, text);
      assertTrue(refused().contains(file + "' is no JSON"), refused());
    }
    for (String text : List.of("{}", "{\"ociVersion\": \"1.0.2\"}", "{\"ociVersion\": \"2.0\"}")) {
      Files.writeString(file, text);
      assertFalse(refused().isBlank());
    }
  }
}
