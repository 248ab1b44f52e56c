package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KubernetesObjectsTest {
  private static String yaml(String name) {
    return KubernetesObjects.yaml(new EngineRuntime(name, "/usr/bin/bulkhead"));
  }

  @Test
  void namesTheHandler() {
    assertTrue(yaml("vm").contains("kind: RuntimeClass\nmetadata:\n  name: vm\nhandler: vm\n"));
    assertTrue(yaml("vm").contains("  runtimeClassName: vm\n"));
    for (String bad : new String[] {"Vm", "a_b", "vm-"}) {
      assertThrows(SettingsException.class, () -> yaml(bad), bad);
    }
  }
}
