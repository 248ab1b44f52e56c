package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodmanSettingsTest {
  private static final String FILE = "/etc/containers/containers.conf.d/b.conf";
  private static final PodmanSettings SETTINGS =
      new PodmanSettings(FILE, new EngineRuntime("bulkhead", "/usr/bin/bulkhead"));

  @Test
  void writesAFileOfItsOwn() {
    String plain = SETTINGS.install(Optional.empty(), false);
    assertTrue(
        plain.endsWith("[engine.runtimes]\n\"bulkhead\" = [\"/usr/bin/bulkhead\"]\n"), plain);
    assertEquals(plain, SETTINGS.install(Optional.of(plain), false));
    String withDefault = SETTINGS.install(Optional.of(plain), true);
    assertTrue(withDefault.contains("[engine]\nruntime = \"bulkhead\"\n"), withDefault);
    assertEquals(withDefault, SETTINGS.install(Optional.of(withDefault), false));
  }

  @Test
  void leavesTheFilesOfOthers() {
    String other = message("[engine]\nruntime = \"crun\"\n");
    assertTrue(other.startsWith(FILE + " is not of 'bulkhead install podman'"), other);
    String broken = message("[engine]\nruntime = crun\n");
    assertTrue(broken.startsWith(FILE + ":2: this is no TOML"), broken);
  }

  private static String message(String text) {
    return assertThrows(SettingsException.class, () -> SETTINGS.install(Optional.of(text), false))
        .getMessage();
  }
}
