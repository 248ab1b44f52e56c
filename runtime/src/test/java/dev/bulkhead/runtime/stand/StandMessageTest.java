package dev.bulkhead.runtime.stand;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class StandMessageTest {
  @Test
  void everyMessageComesBackAsItWasSent() {
    List<StandMessage> messages =
        List.of(
            new StandMessage.Exit(0),
            new StandMessage.Exit(255),
            new StandMessage.Signal(64),
            new StandMessage.Resize(50, 300),
            new StandMessage.Resize(65_535, 1));
    for (StandMessage message : messages) {
      byte[] bytes = message.encode();
      assertEquals(StandMessage.SIZE, bytes.length);
      byte[] shifted = new byte[bytes.length + 3];
      System.arraycopy(bytes, 0, shifted, 3, bytes.length);
      assertEquals(message, StandMessage.decode(shifted, 3));
    }
  }

  @Test
  void refusesAnUnknownLetter() {
    assertThrows(
        IllegalArgumentException.class, () -> StandMessage.decode(new byte[] {'?', 0, 0, 0, 0}, 0));
  }
}
