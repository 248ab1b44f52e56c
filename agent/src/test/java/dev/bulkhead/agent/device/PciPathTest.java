package dev.bulkhead.agent.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PciPathTest {
  @Test
  void namesSlotsFromTheRootBusOn() {
    assertEquals(List.of("10"), PciPath.slots("10"));
    assertEquals(List.of("02", "1f"), PciPath.slots("02/1f"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "2", "02/", "/02", "02//03", "20", "0g", "../..", "0000:00:02.0"})
  void refusesWhatIsNone(String path) {
    assertThrows(IllegalArgumentException.class, () -> PciPath.slots(path));
  }

  @Test
  void knowsTheFirstFunctionOfASlot() {
    assertTrue(PciPath.isFunction("0000:00:10.0", "10"));
    assertTrue(PciPath.isFunction("0000:01:10.0", "10"));
    assertFalse(PciPath.isFunction("0000:00:10.1", "10"));
    assertFalse(PciPath.isFunction("0000:10:02.0", "10"));
    assertFalse(PciPath.isFunction("pci_bus", "10"));
  }
}
