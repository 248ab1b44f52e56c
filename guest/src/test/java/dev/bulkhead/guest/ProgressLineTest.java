package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  @Test
  void showsEachPercentOnceAndGoesAway() {
    try (ProgressLine line = line(true, 200)) {
      line.advance(1);
      line.advance(1);
      line.advance(0);
      line.advance(100);
      line.advance(1000);
    }
    assertEquals(
        "\rwork: 0 %\rwork: 1 %\rwork: 51 %\rwork: 100 %\r\033[K",
        written.toString(StandardCharsets.UTF_8));
  }

  @Test
  void writesNothingWithoutATerminal() {
    try (ProgressLine line = line(false, 0)) {
      line.advance(7);
    }
    assertEquals("", written.toString(StandardCharsets.UTF_8));
  }

  private ProgressLine line(boolean visible, long total) {
    return new ProgressLine(
        new PrintStream(written, true, StandardCharsets.UTF_8), visible, "work", total);
  }
}
