package dev.bulkhead.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The container configuration as JSON and as protobuf. */
class SpecTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "every-property.json",
        // Written by Docker and containerd.
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
    JsonObject json = Documents.read(file);
    Spec spec = Spec.fromJson(json, "");

    assertNotEquals(Spec.DEFAULT, spec);
    assertEquals(Documents.sorted(json), Documents.sorted(Documents.reparsed(spec.toJson())));
    assertEquals(spec, Spec.fromJson(Documents.reparsed(spec.toJson()), ""));
    Spec sent = Spec.decode(spec.encode());
    assertEquals(spec, sent);
    assertEquals(Documents.sorted(json), Documents.sorted(Documents.reparsed(sent.toJson())));
  }

  /** Otherwise a property could be missing from the document and from the messages alike. */
  @Test
  void theDocumentWithEveryPropertyFillsEveryField() throws Exception {
    List<String> absent = new ArrayList<>();
    findAbsent(Spec.fromJson(Documents.read("every-property.json"), ""), "spec", absent);
    // Hooks and namespaces come in several; the first of each has what the others lack.
    absent.removeIf(path -> path.matches(".*hooks\\.(?!prestart).*|.*namespaces\\[0\\]\\.path"));
    assertEquals(List.of(), absent);
  }

  private static void findAbsent(Object value, String path, List<String> absent) throws Exception {
    switch (value) {
      case null -> absent.add(path);
      case String text -> {
        if (text.isEmpty() && !path.contains("args") && !path.contains("annotations")) {
          absent.add(path);
        }
      }
      case Record record -> {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
          String name = path + "." + component.getName();
          if (component.getType() == String.class
              || component.getType() == List.class
              || component.getType() == Map.class
              || component.getType().isRecord()) {
            findAbsent(component.getAccessor().invoke(record), name, absent);
          }
          String has =
              "has"
                  + Character.toUpperCase(component.getName().charAt(0))
                  + component.getName().substring(1);
          for (var method : record.getClass().getMethods()) {
            if (method.getName().equals(has) && !(boolean) method.invoke(record)) {
              absent.add(name);
            }
          }
        }
      }
      case List<?> list -> {
        if (list.isEmpty()) {
          absent.add(path);
        }
        for (int i = 0; i < list.size(); i++) {
          findAbsent(list.get(i), path + "[" + i + "]", absent);
        }
      }
      case Map<?, ?> map -> {
        if (map.isEmpty()) {
          absent.add(path);
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          findAbsent(entry.getValue(), path + "." + entry.getKey(), absent);
        }
      }
      default -> {}
    }
  }

  /** Replaces each value of the document by values of other types, one at a time. */
  @Test
  void everyWrongTypeIsRefusedByItsPath() throws Exception {
    JsonObject document = Documents.read("every-property.json");
    List<String> accepted = new ArrayList<>();
    int refused = mistype(document, document, "", accepted);
    assertEquals(List.of(), accepted);
    assertTrue(refused > 1000, refused + " wrong types were tried");
  }

  private static int mistype(
      JsonObject document, Object container, String path, List<String> accepted) throws Exception {
    int refused = 0;
    List<Object> keys = new ArrayList<>();
    if (container instanceof JsonObject object) {
      keys.addAll(object.keySet());
    } else {
      for (int i = 0; i < ((JsonArray) container).size(); i++) {
        keys.add(i);
      }
    }
    for (Object key : keys) {
      String place =
          key instanceof Integer
              ? path + "[" + key + "]"
              : (path.isEmpty() ? "" : path + ".") + key;
      Object original = put(container, key, null);
      for (Object wrong : List.of("text", true, 7, 1.5, new JsonArray(), new JsonObject())) {
        if (original.getClass() == wrong.getClass()
            || (original instanceof Number && wrong instanceof Integer)) {
          continue;
        }
        put(container, key, wrong);
        try {
          Spec.fromJson(document, "");
          accepted.add(place + " = " + JsonWriter.string(wrong));
        } catch (InvalidJsonException e) {
          assertTrue(e.getMessage().startsWith(place + " must be "), e.getMessage());
          refused++;
        }
      }
      put(container, key, original);
      if (original instanceof JsonObject || original instanceof JsonArray) {
        refused += mistype(document, original, place, accepted);
      }
    }
    return refused;
  }

  private static Object put(Object container, Object key, Object value) {
    return container instanceof JsonObject object
        ? object.put((String) key, value)
        : ((JsonArray) container).set((Integer) key, value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'linux':{'resources':{'memory':{'limit':'1'}}}}"
            + "| linux.resources.memory.limit must be a whole number, not a string.",
        "{'linux':{'resources':{'memory':{'limit':9223372036854775808}}}}"
            + "| linux.resources.memory.limit must be between -9223372036854775808 and"
            + " 9223372036854775807, not 9223372036854775808.",
        "{'linux':{'resources':{'memory':{'limit':1e9}}}}"
            + "| linux.resources.memory.limit must be a whole number, not the number 1.0E9.",
        "{'linux':{'resources':{'cpu':{'shares':-1}}}}"
            + "| linux.resources.cpu.shares must be between 0 and 18446744073709551615, not -1.",
        "{'linux':{'resources':{'cpu':{'shares':18446744073709551616}}}}"
            + "| linux.resources.cpu.shares must be between 0 and 18446744073709551615, not"
            + " 18446744073709551616.",
        "{'linux':{'resources':{'cpu':{'shares':99999999999999999999999}}}}"
            + "| linux.resources.cpu.shares must be between 0 and 18446744073709551615, not"
            + " 99999999999999999999999.",
        "{'process':{'user':{'uid':4294967296}}}"
            + "| process.user.uid must be between 0 and 4294967295, not 4294967296.",
        "{'process':{'user':{'uid':-1}}}"
            + "| process.user.uid must be between 0 and 4294967295, not -1.",
        "{'process':{'user':{'additionalGids':[0,-1]}}}"
            + "| process.user.additionalGids[1] must be between 0 and 4294967295, not -1.",
        "{'process':{'scheduler':{'nice':2147483648}}}"
            + "| process.scheduler.nice must be between -2147483648 and 2147483647, not 2147483648.",
        "{'process':{'env':['A=b',null]}}| process.env[1] must be a string, not null.",
        "{'process':{'terminal':'yes'}}| process.terminal must be true or false, not a string.",
        "{'process':[]}| process must be an object, not an array.",
        "{'mounts':{}}| mounts must be an array, not an object.",
        "{'mounts':[{},5]}| mounts[1] must be an object, not the number 5.",
        "{'annotations':{'a.b':false}}| annotations.a.b must be a string, not a boolean.",
        "{'linux':{'timeOffsets':{'boottime':[]}}}"
            + "| linux.timeOffsets.boottime must be an object, not an array.",
      })
  void errorsNameThePlace(String json, String message) throws Exception {
    JsonObject document = Documents.parse(json.replace('\'', '"'));
    InvalidJsonException e =
        assertThrows(InvalidJsonException.class, () -> Spec.fromJson(document, ""));
    assertEquals(message, e.getMessage());
  }

  @Test
  void thePathOfTheObjectGoesFirst() throws Exception {
    JsonObject document = Documents.parse("{\"cwd\":1}");
    InvalidJsonException e =
        assertThrows(InvalidJsonException.class, () -> Process.fromJson(document, "process.json"));
    assertEquals("process.json.cwd must be a string, not the number 1.", e.getMessage());
  }

  @Test
  void numbersMayBeLazy() throws Exception {
    JsonObject document =
        com.grack.nanojson.JsonParser.object()
            .withLazyNumbers()
            .from("{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}");
    assertEquals(new PosixRlimit("RLIMIT_CORE", -1, 0), PosixRlimit.fromJson(document, ""));
  }

  @Test
  void nullAndUnknownPropertiesCountAsAbsent() throws Exception {
    JsonObject document =
        Documents.parse(
            "{\"ociVersion\":null,\"process\":null,\"mounts\":null,\"annotations\":null,"
                + "\"x-new\":{\"a\":1},\"windows\":{\"layerFolders\":[]}}");
    assertEquals(Spec.DEFAULT, Spec.fromJson(document, ""));
  }

  @Test
  void zeroIsNotAbsent() throws Exception {
    LinuxMemory zero =
        LinuxMemory.fromJson(Documents.parse("{\"limit\":0,\"disableOOMKiller\":false}"), "");
    assertTrue(zero.hasLimit() && zero.hasDisableOomKiller());
    assertFalse(zero.hasSwap() || zero.hasSwappiness());
    assertEquals(0L, zero.swap());
    assertEquals("{\"limit\":0,\"disableOOMKiller\":false}", JsonWriter.string(zero.toJson()));
    assertEquals(zero, LinuxMemory.decode(zero.encode()));
  }

  @Test
  void whatTheSpecificationDemandsIsAlwaysWritten() throws Exception {
    assertEquals("{\"ociVersion\":\"\"}", JsonWriter.string(Spec.DEFAULT.toJson()));
    assertEquals("{\"uid\":0,\"gid\":0}", JsonWriter.string(User.DEFAULT.toJson()));
    assertEquals("{\"allow\":false}", JsonWriter.string(LinuxDeviceCgroup.DEFAULT.toJson()));
    assertEquals(
        "{\"ociVersion\":\"1.2.0\",\"id\":\"c1\",\"status\":\"created\",\"pid\":0,\"bundle\":\"/b\"}",
        JsonWriter.string(new State("1.2.0", "c1", "created", 0, "/b", Map.of()).toJson()));
  }

  @Test
  void stateAndFeaturesComeBack() throws Exception {
    State state = new State("1.2.0", "c1", "running", 4242, "/b", Map.of("k", "v"));
    assertEquals(state, State.fromJson(Documents.reparsed(state.toJson()), ""));

    EnabledFeature no = new EnabledFeature(false);
    Features features =
        new Features(
            "1.0.0",
            "1.2.0",
            List.of("prestart"),
            List.of("ro"),
            new LinuxFeatures(
                List.of("pid"),
                List.of("CAP_CHOWN"),
                new CgroupFeatures(false, true, true, false, false),
                new SeccompFeatures(
                    true, List.of("a"), List.of("b"), List.of("c"), List.of("d"), List.of("e")),
                no,
                no,
                no,
                new MountExtensions(no)),
            Map.of("k", "v"),
            List.of("run.oci."));
    JsonObject json = Documents.reparsed(features.toJson());
    assertEquals(features, Features.fromJson(json, ""));
    assertEquals(
        "{\"enabled\":false}",
        JsonWriter.string(json.getObject("linux").getObject("mountExtensions").getObject("idmap")));
    assertTrue(json.has("potentiallyUnsafeConfigAnnotations"));
  }

  /** Numbers and types are Kata's, so the bytes are those that Kata's agent expects. */
  @Test
  void theWireFormIsKatas() {
    Spec spec =
        Spec.DEFAULT
            .withOciVersion("1")
            .withProcess(
                Process.DEFAULT
                    .withTerminal(true)
                    .withUser(new User(1, 2, List.of(3, 4), "", null))
                    .withArgs(List.of("a"))
                    .withOomScoreAdj(-1L))
            .withAnnotations(Map.of("k", "v"))
            .withLinux(
                Linux.DEFAULT.withResources(
                    LinuxResources.DEFAULT.withMemory(LinuxMemory.DEFAULT.withLimit(5L))));
    assertEquals(
        ("0a0131"
                + "121a 0801 1a08 0801 1002 1a020304 220161 58ffffffffffffffffff01"
                + "3a06 0a016b 120176"
                + "4206 2204 1202 0805")
            .replace(" ", ""),
        HexFormat.of().formatHex(spec.encode()));
  }
}
