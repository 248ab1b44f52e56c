package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DockerSettingsTest {
  private static final String PROGRAM = "/usr/bin/bulkhead";
  private static final DockerSettings SETTINGS = settings("bulkhead");

  private static DockerSettings settings(String name) {
    return new DockerSettings("/etc/docker/daemon.json", new EngineRuntime(name, PROGRAM));
  }

  private static String installed(String text) {
    return SETTINGS.install(Optional.of(text), false);
  }

  private static String refused(String text) {
    return assertThrows(SettingsException.class, () -> installed(text)).getMessage();
  }

  @Test
  void writesANewFile() {
    String text =
        """
        {
          "runtimes": {
            "bulkhead": {
              "path": "/usr/bin/bulkhead"
            }
          }
        }
        """;
    assertEquals(text, SETTINGS.install(Optional.empty(), false));
    assertEquals(text, installed("\n"));
    assertTrue(SETTINGS.isEmpty(SETTINGS.uninstall(text, Optional.empty())));
  }

  @Test
  void keepsWhatSomebodyWroteAsItStands() {
    String before =
        """
        {
            "log-opts": { "max-size":"10m" , "x": [1, {"}": "\\"]"}] },
            "default-runtime": "other",
            "runtimes": {
                "other": {"path": "/opt/other", "runtimeArgs": []}
            },
            "mtu": 1.50e3
        }""";
    String after =
        """
        {
            "log-opts": { "max-size":"10m" , "x": [1, {"}": "\\"]"}] },
            "default-runtime": "bulkhead",
            "runtimes": {
                "other": {"path": "/opt/other", "runtimeArgs": []},
                "bulkhead": {
                    "path": "/usr/bin/bulkhead"
                }
            },
            "mtu": 1.50e3
        }""";
    assertEquals(after, SETTINGS.install(Optional.of(before), true));
    assertEquals(after, SETTINGS.install(Optional.of(after), true));
    assertEquals(after, installed(after));
    assertEquals(before, SETTINGS.uninstall(after, Optional.of(before)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{ }",
        "{\"mtu\":1500}",
        "{ \"mtu\": 1500 }",
        "{\"runtimes\":{}}",
        "{\"runtimes\": {\"a\": {\"path\": \"/a\"}}, \"mtu\": 1500}",
        "{\n\t\"mtu\": 1500\n}\n",
        "{\r\n  \"runtimes\": {\r\n    \"a\": {\"path\": \"/a\"}\r\n  }\r\n}\r\n",
        "{\"r\\u0075ntimes\": {\"a\": {\"path\": \"/a\"}}}"
      })
  void comesAndGoesInAnyLayout(String before) {
    String after = SETTINGS.install(Optional.of(before), true);
    assertEquals(after, SETTINGS.install(Optional.of(after), true));
    assertTrue(SETTINGS.hasOwn(after));
    String left = SETTINGS.uninstall(after, Optional.of(before));
    assertFalse(SETTINGS.hasOwn(left));
    assertEquals(before.replace("{ }", "{}"), left);
  }

  @Test
  void tellsWhereAFileIsBroken() {
    String message = refused("{\n  \"mtu\": 1500,\n  oops\n}");
    assertTrue(message.startsWith("/etc/docker/daemon.json:3: this is no JSON object"), message);
    assertTrue(refused("[]").startsWith("/etc/docker/daemon.json:1: "), refused("[]"));
    assertTrue(refused("{\"runtimes\": 3}").contains("'runtimes' is no object"));
  }

  @Test
  void leavesARuntimeOfTheSameNameThatIsNotBulkhead() {
    String text = "{\"runtimes\": {\"bulkhead\": {\"path\": \"/opt/other\"}}}";
    assertTrue(refused(text).contains("choose another name by --name"));
    assertThrows(SettingsException.class, () -> SETTINGS.uninstall(text, Optional.empty()));
    assertThrows(SettingsException.class, () -> settings("runc"));
    assertThrows(SettingsException.class, () -> settings("-x"));
    assertThrows(SettingsException.class, () -> settings("a b"));
  }

  @Test
  void followsAProgramThatMovedAndKeepsItsArguments() {
    String before =
        "{\"runtimes\": {\"bulkhead\": {\"path\": \"/opt/bulkhead\", \"runtimeArgs\": [\"--debug\"]}}}";
    assertEquals(before.replace("/opt/", "/usr/bin/"), installed(before));
  }

  @Test
  void keepsADefaultThatIsNotItsOwn() {
    String text = SETTINGS.install(Optional.of("{\"default-runtime\": \"a\"}"), false);
    assertEquals("{\"default-runtime\": \"a\"}", SETTINGS.uninstall(text, Optional.of("{}")));
    String both = settings("second").install(Optional.of(text), false);
    assertTrue(SETTINGS.hasOwn(SETTINGS.uninstall(both, Optional.empty())));
  }
}
