package dev.bulkhead.runtime.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ImageToolTest {
  @Test
  void findsTheMessageInWhatAProgramLogged() {
    assertEquals(
        "no such 'thing'",
        ImageTool.lastLine("first\ntime=\"now\" level=fatal msg=\"no such \\\"thing\\\"\"\n"));
    assertEquals("plain words", ImageTool.lastLine("x\nplain words\n\n"));
    assertEquals("nothing", ImageTool.lastLine(""));
  }
}
