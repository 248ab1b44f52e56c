package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerdSettingsTest {
  private static final Uses PLAIN = new Uses(false, false);
  private static final Uses ALL = new Uses(true, true);
  private static final ContainerdSettings SETTINGS = settings("bulkhead");

  /** As Debian's package has it. */
  private static final String DEBIAN =
      """
      version = 2

      [plugins]
        [plugins."io.containerd.grpc.v1.cri"]
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
      """;

  private static final String RUNC =
      """

      # Begin of 'bulkhead install containerd', as containerd forgets its own runtime when it reads of another
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
      # End of 'bulkhead install containerd', as containerd forgets its own runtime when it reads of another
      """;

  private static final String BLOCK =
      """

      # Begin of 'bulkhead install containerd' (bulkhead)
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.bulkhead]
        runtime_type = "io.containerd.bulkhead.v2"
        runtime_path = "/usr/bin/containerd-shim-bulkhead-v2"
        privileged_without_host_devices = true
      # End of 'bulkhead install containerd' (bulkhead)
      """;

  private static ContainerdSettings settings(String name) {
    return new ContainerdSettings("c.toml", new EngineRuntime(name, "/usr/bin/bulkhead"));
  }

  private static String installed(String text, Uses uses) {
    return SETTINGS.install(Optional.of(text), uses);
  }

  private static String refused(String text, Uses uses) {
    return assertThrows(SettingsException.class, () -> installed(text, uses)).getMessage();
  }

  @Test
  void addsToTheEndAndTakesItBack() {
    String after = installed(DEBIAN, PLAIN);
    assertEquals(DEBIAN + RUNC + BLOCK, after);
    assertEquals(after, installed(after, PLAIN));
    assertEquals(DEBIAN, SETTINGS.uninstall(after, Optional.of(DEBIAN)));
    assertTrue(SETTINGS.hasOwn(after));
    assertFalse(SETTINGS.hasOwn(DEBIAN));
    String fresh = SETTINGS.install(Optional.empty(), PLAIN);
    assertEquals("version = 2\n" + RUNC + BLOCK, fresh);
    assertTrue(SETTINGS.isEmpty(SETTINGS.uninstall(fresh, Optional.empty())));
  }

  @Test
  void knowsTheNamesOfContainerd2() {
    String before = "version = 3\n";
    String after = installed(before, ALL);
    assertTrue(after.contains("[plugins.\"io.containerd.cri.v1.runtime\".containerd]\n"), after);
    assertTrue(after.contains("containerd.runtimes.untrusted]\n"), after);
    assertEquals(after, installed(after, ALL));
    assertEquals(before, SETTINGS.uninstall(after, Optional.of(before)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // The table with the entry, the table without it, no table, a table only by its children.
        """
        [plugins."io.containerd.grpc.v1.cri".containerd]
          x = 1
          default_runtime_name = "runc" # usual
        """,
        """
          [plugins."io.containerd.grpc.v1.cri".containerd]
            x = 1
        """,
        """
        [plugins.other]
        lines = '''
        [plugins]
        '''
        """,
        """
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        x = 1
        """
      })
  void becomesTheDefaultAndGivesItBack(String rest) {
    String before = "version = 2\n" + rest;
    String after = installed(before, ALL);
    assertTrue(after.contains("default_runtime_name = \"bulkhead\""), after);
    assertEquals(after, installed(after, ALL));
    assertEquals(after, installed(after, PLAIN));
    assertEquals(before, SETTINGS.uninstall(after, Optional.of(before)), after);
  }

  @Test
  void severalNamesStandBesideEachOther() {
    String one = installed(DEBIAN, PLAIN);
    String two = settings("other").install(Optional.of(one), PLAIN);
    assertEquals(one, settings("other").uninstall(two, Optional.of(DEBIAN)));
    String other = SETTINGS.uninstall(two, Optional.of(DEBIAN));
    assertTrue(other.contains("runtimes.runc]\n") && !other.contains("runtimes.bulkhead]"), other);
    assertEquals(DEBIAN, settings("other").uninstall(other, Optional.of(DEBIAN)));
    String moved =
        new ContainerdSettings("c.toml", new EngineRuntime("bulkhead", "/opt/bulkhead"))
            .install(Optional.of(one), PLAIN);
    assertEquals(one.replace("/usr/bin/", "/opt/"), moved);
  }

  @Test
  void leavesWhatIsNotItsOwn() {
    String table = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.";
    assertEquals(
        "c.toml has a runtime 'bulkhead' already, which is not Bulkhead; choose another name by"
            + " --name",
        refused(table + "bulkhead]\nruntime_type = \"io.containerd.runc.v2\"\n", PLAIN));
    assertTrue(refused(table + "untrusted]\n", ALL).contains("leave --untrusted away"));
    String own = table + "bulkhead]\nruntime_type = \"io.containerd.bulkhead.v2\"\n";
    assertEquals(own, installed(own, PLAIN));
    assertThrows(SettingsException.class, () -> SETTINGS.uninstall(own, Optional.empty()));
    assertEquals(
        "c.toml is of version 1, and 2 and 3 are known; 'containerd config migrate' writes a newer"
            + " one",
        refused("root = \"/x\"\n", PLAIN));
    assertTrue(refused("version = 2\n[plugins\n", PLAIN).startsWith("c.toml:2: this is no TOML"));
    assertTrue(
        refused(
                "version = 2\nplugins = {\"io.containerd.grpc.v1.cri\" = {containerd = {}}}\n",
                PLAIN)
            .startsWith("c.toml:"));
    assertTrue(SETTINGS.isPluginDisabled("version = 2\ndisabled_plugins = [\"cri\"]\n"));
  }
}
