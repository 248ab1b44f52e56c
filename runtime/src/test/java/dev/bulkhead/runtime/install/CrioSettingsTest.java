package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class CrioSettingsTest {
  private static final CrioSettings SETTINGS =
      new CrioSettings("b.conf", new EngineRuntime("bulkhead", "/usr/bin/bulkhead"));

  @Test
  void writesAFileOfItsOwn() {
    String plain = SETTINGS.install(Optional.empty(), new Uses(false, false));
    assertEquals(
        """
        # Written by 'bulkhead install crio'; 'bulkhead uninstall crio' removes it.
        [crio.runtime.runtimes.bulkhead]
        runtime_type = "vm"
        runtime_path = "/usr/bin/containerd-shim-bulkhead-v2"
        privileged_without_host_devices = true
        """,
        plain);
    String all = SETTINGS.install(Optional.of(plain), new Uses(true, true));
    assertTrue(all.contains("[crio.runtime]\ndefault_runtime = \"bulkhead\"\n"), all);
    assertTrue(all.contains("[crio.runtime.runtimes.untrusted]\n"), all);
    assertEquals(all, SETTINGS.install(Optional.of(all), new Uses(false, false)));
    assertThrows(SettingsException.class, () -> SETTINGS.checkOwn("[crio]\n"));
  }
}
