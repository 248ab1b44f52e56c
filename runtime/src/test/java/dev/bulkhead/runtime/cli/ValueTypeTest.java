package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueTypeTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "1048576,1048576",
    "10b,10",
    "512m,536870912",
    "512M,536870912",
    "2g,2147483648",
    "2gb,2147483648",
    "2GiB,2147483648",
    "2 g,2147483648",
    "1.5k,1536",
    "0.5g,536870912",
    "1t,1099511627776",
    "1p,1125899906842624",
    "9007199254740993,9007199254740993",
  })
  void readsSizesAsDockerDoes(String text, long bytes) {
    assertEquals(bytes, ValueType.SIZE.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "m",
        "-1",
        "+1",
        "1x",
        "1kk",
        "1.m",
        ".5g",
        "1..5g",
        "1ibb",
        "12x",
        "99999999p",
        "99999999999999999999",
        "0x10",
        "1e3",
        "1,5g"
      })
  void refusesWhatIsNoSize(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueType.SIZE.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"1,1000000000", "1.5,1500000000", "0.001,1000000", "64,64000000000"})
  void readsProcessors(String text, long nanoCpus) {
    assertEquals(nanoCpus, ValueType.CPUS.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "0.0", "-1", "1.", ".5", "1.5x", "1.0000000001", "12345678"})
  void refusesWhatIsNoNumberOfProcessors(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueType.CPUS.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"500ms,500", "10s,10000", "1m30s,90000", "1.5h,5400000", "0s,0"})
  void readsDurations(String text, long millis) {
    assertEquals(millis, ValueType.DURATION.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "s", "10x", "-1s", "1s2", "9999999h"})
  void refusesWhatIsNoDuration(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueType.DURATION.parse(text));
  }

  @Test
  void integersHaveARange() {
    ValueType<Long> port = ValueType.integer(1, 65535);
    assertEquals(443, port.parse("443"));
    for (String bad : new String[] {"0", "65536", "x", "", "1.0"}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> port.parse(bad)).getMessage();
      assertTrue(message.contains("1 to 65535"), message);
    }
  }
}
