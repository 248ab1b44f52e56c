package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelConfigurationTest {
  @TempDir Path directory;

  private KernelConfiguration read(String text) throws Exception {
    Files.writeString(directory.resolve("config-6.1"), "# of this one\nCONFIG_RETPOLINE=y\n");
    return KernelConfiguration.read(Files.writeString(directory.resolve("config"), text), "6.1");
  }

  @Test
  void tellsWhatAKernelDidNotTake() throws Exception {
    KernelConfiguration wanted =
        read("# machine\n\nCONFIG_PCI=y\nCONFIG_NR_CPUS=256\nCONFIG_VT=n\nCONFIG_OLD=y\n");
    assertEquals(
        List.of("CONFIG_VT=n", "CONFIG_OLD=y"),
        wanted.lostIn(
            new TreeMap<>(
                Map.of(
                    "CONFIG_PCI",
                    "y",
                    "CONFIG_NR_CPUS",
                    "256",
                    "CONFIG_VT",
                    "y",
                    "CONFIG_RETPOLINE",
                    "y"))));
    assertEquals(
        List.of("CONFIG_RETPOLINE=y"),
        wanted.lostIn(
            new TreeMap<>(Map.of("CONFIG_PCI", "y", "CONFIG_NR_CPUS", "256", "CONFIG_OLD", "y"))));
    assertEquals(
        "CONFIG_PCI=y\nCONFIG_NR_CPUS=256\nCONFIG_VT=n\nCONFIG_OLD=y\nCONFIG_RETPOLINE=y\n",
        wanted.text());
  }

  @Test
  void refusesWhatIsNoOption() {
    assertTrue(
        assertThrows(GuestException.class, () -> read("PCI=y\n"))
            .getMessage()
            .contains("'PCI=y'; write CONFIG_NAME=VALUE"));
    assertTrue(
        assertThrows(GuestException.class, () -> read("CONFIG_PCI=y\nCONFIG_PCI=n\n"))
            .getMessage()
            .endsWith("sets CONFIG_PCI another time; keep one"));
    assertTrue(
        assertThrows(GuestException.class, () -> read("CONFIG_RETPOLINE=y\n"))
            .getMessage()
            .endsWith("config-6.1 sets CONFIG_RETPOLINE another time; keep one"));
    assertTrue(
        assertThrows(
                GuestException.class,
                () -> KernelConfiguration.read(directory.resolve("config"), "5.10"))
            .getMessage()
            .startsWith("the options of the kernel 5.10 are not known"));
  }

  /** Those that Bulkhead brings along. */
  @Test
  void readsItsOwn() throws Exception {
    for (String version : List.of("6.1", "6.12")) {
      Map<String, String> options =
          KernelConfiguration.read(Path.of("kernel/config"), version).options();
      assertEquals("y", options.get("CONFIG_9P_FS"));
      assertEquals("y", options.get("CONFIG_BPF_JIT"));
      assertTrue(options.containsKey("CONFIG_MODULES"));
    }
  }
}
