package dev.bulkhead.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.oci.Hook;
import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerStateTest {
  private static final ContainerState STATE =
      new ContainerState(
          "1.0.2",
          "web",
          "/bundles/web",
          "/images/web",
          "2026-11-21T09:30:00.000000001Z",
          0,
          Map.of("a", "1", "b", "\"quoted\"\n"),
          ContainerStatus.PAUSED,
          new ProcessIdentity(4711, 1L << 40),
          new ProcessIdentity(4712, 7),
          "/docker/web",
          "/run/netns/web",
          Hooks.DEFAULT.withPoststop(
              List.of(Hook.DEFAULT.withPath("/bin/hook").withArgs(List.of("hook", "x")))));

  @Test
  void isReadAsItWasWritten() throws Exception {
    assertEquals(STATE, ContainerState.fromText(STATE.toText()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "{\"status\":\"asleep\"}", "{\"status\":7}"})
  void refusesADamagedFile(String text) {
    assertThrows(InvalidJsonException.class, () -> ContainerState.fromText(text));
  }

  @Test
  void findsTheStartOfAProcessOfAnyName() {
    String fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654321 20 21\n";
    assertEquals(987_654_321, ProcessIdentity.startTicks("42 (a) b (c) " + fields));
    assertEquals(0, ProcessIdentity.startTicks(""));
  }

  @ParameterizedTest
  @CsvSource({
    "0,1970-01-01T00:00:00.000000000Z",
    "951782400000000000,2000-02-29T00:00:00.000000000Z",
    "1709251199123456789,2024-02-29T23:59:59.123456789Z",
    "1709251200000000000,2024-03-01T00:00:00.000000000Z",
    "1798761599000000001,2026-12-31T23:59:59.000000001Z",
    "-1,1969-12-31T23:59:59.999999999Z",
  })
  void writesPointsInTime(long nanos, String text) {
    assertEquals(text, Timestamp.rfc3339(nanos));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "../x", ".hidden", "a b", "ä"})
  void refusesWhatIsNoId(String id) {
    ContainerRoot root = new ContainerRoot("/run/x");
    assertThrows(ContainerException.class, () -> root.directory(id));
  }

  @Test
  void anIdNamesADirectory() {
    assertEquals("/run/x/a_1-b.c+d", new ContainerRoot("/run/x").directory("a_1-b.c+d").path());
    assertThrows(
        ContainerException.class, () -> new ContainerRoot("/run/x").directory("a".repeat(129)));
  }
}
