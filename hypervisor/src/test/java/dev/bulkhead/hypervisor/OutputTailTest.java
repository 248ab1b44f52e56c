package dev.bulkhead.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputTailTest {
  @Test
  void keepsTheLastBytesOfMany() {
    OutputTail tail = new OutputTail(8);
    append(tail, "one\ntwo\n");
    append(tail, "three\nx");
    assertEquals(List.of("three", "x"), tail.lines());
    assertEquals(15, tail.total());
  }

  @Test
  void keepsTheEndOfAPieceLargerThanItself() {
    OutputTail tail = new OutputTail(4);
    append(tail, "ab");
    append(tail, "0123456789");
    assertEquals(List.of("6789"), tail.lines());
    append(tail, "!");
    assertEquals(List.of("789!"), tail.lines());
  }

  @Test
  void takesAPartOfAnArray() {
    OutputTail tail = new OutputTail(16);
    tail.append("-abc-".getBytes(StandardCharsets.UTF_8), 1, 3);
    assertEquals(List.of("abc"), tail.lines());
  }

  @Test
  void takesOutWhatATerminalWouldObey() {
    OutputTail tail = new OutputTail(200);
    append(
        tail,
        "\u001bc\u001b[2J\u001b[31;1mred\u001b[0m \u0007bell\r\n\n\u001b]0;title\u0007é\tx\n");
    assertEquals(List.of("red bell", "0;title?? x"), tail.lines());
  }

  @Test
  void joinsTheLastLines() {
    OutputTail tail = new OutputTail(100);
    append(tail, "a\nb\nc");
    assertEquals("b\nc", tail.lastLines(2));
    assertEquals("a\nb\nc", tail.lastLines(9));
    assertEquals("", new OutputTail(10).lastLines(3));
  }

  private static void append(OutputTail tail, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    tail.append(bytes, 0, bytes.length);
  }
}
