package dev.bulkhead.agentapi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NameMessageTest {
  private static final byte[] QUESTION =
      HexFormat.of().parseHex("beef01000001000000000000037765620000010001");

  @Test
  void aQuestionIsKnownByItsHeader() {
    assertTrue(NameMessage.isQuestion(QUESTION));
    assertFalse(NameMessage.isQuestion(NameMessage.failure(QUESTION)));
    assertFalse(NameMessage.isQuestion(new byte[11]));
    assertFalse(NameMessage.isQuestion(new byte[NameMessage.MOST_BYTES + 1]));
  }

  @Test
  void aFailureAnswersItsQuestion() {
    assertArrayEquals(
        HexFormat.of().parseHex("beef81020001000000000000037765620000010001"),
        NameMessage.failure(QUESTION));
  }

  @Test
  void aStreamGivesMessagesWhole() {
    byte[] framed = NameStream.framed(QUESTION);
    NameStream stream = new NameStream();
    for (int i = 0; i < framed.length - 1; i++) {
      stream.receive(new byte[] {framed[i], 1, 2}, 1);
      assertEquals(Optional.empty(), stream.next());
    }
    stream.receive(new byte[] {framed[framed.length - 1], 0, 0, 0}, 4);
    assertArrayEquals(QUESTION, stream.next().orElseThrow());
    assertArrayEquals(new byte[0], stream.next().orElseThrow());
    assertEquals(Optional.empty(), stream.next());
  }

  @Test
  void aStreamHoldsNothingLonger() {
    byte[] longest = new byte[NameMessage.MOST_BYTES];
    NameStream stream = new NameStream();
    byte[] framed = NameStream.framed(longest);
    stream.receive(framed, framed.length);
    assertArrayEquals(longest, stream.next().orElseThrow());
    assertThrows(
        IllegalArgumentException.class, () -> NameStream.framed(new byte[longest.length + 1]));
  }
}
