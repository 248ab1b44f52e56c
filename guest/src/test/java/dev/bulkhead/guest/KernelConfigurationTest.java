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
    return KernelConfiguration.read(Files.writeString(directory.resolve("config"), text));
  }

  @Test
  void tellsWhatAKernelDidNotTake() throws Exception {
    KernelConfiguration wanted =
        read("# machine\n\nCONFIG_PCI=y\nCONFIG_NR_CPUS=256\nCONFIG_VT=n\nCONFIG_OLD=y\n");
    assertEquals(
        List.of("CONFIG_VT=n", "CONFIG_OLD=y"),
        wanted.lostIn(
            new TreeMap<>(Map.of("CONFIG_PCI", "y", "CONFIG_NR_CPUS", "256", "CONFIG_VT", "y"))));
    assertEquals(
        List.of(),
        wanted.lostIn(
            new TreeMap<>(Map.of("CONFIG_PCI", "y", "CONFIG_NR_CPUS", "256", "CONFIG_OLD", "y"))));
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
            .endsWith("sets CONFIG_PCI twice; keep one"));
  }

  /** The one that Bulkhead brings along. */
  @Test
  void readsItsOwn() throws Exception {
    Map<String, String> options = KernelConfiguration.read(Path.of("kernel/config")).options();
    assertEquals("y", options.get("CONFIG_9P_FS"));
    assertEquals("n", options.get("CONFIG_MODULES"));
  }
}
