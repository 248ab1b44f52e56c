package dev.bulkhead.protobuf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.testmessages.Colour;
import dev.bulkhead.testmessages.Lists;
import dev.bulkhead.testmessages.Maps;
import dev.bulkhead.testmessages.Optionals;
import dev.bulkhead.testmessages.Scalars;
import dev.bulkhead.testmessages.Tree;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Decoders against bytes that nobody meant: they answer a message or refuse, and nothing else. */
class RandomBytesTest {
  private static final long SEED =
      Long.getLong("bulkhead.seed", new Random().nextLong(Long.MAX_VALUE));

  private static final List<MessageDecoder<? extends Message>> DECODERS =
      List.of(
          Scalars::decode,
          Optionals::decode,
          Lists::decode,
          Maps::decode,
          Tree::decode,
          Any::decode);

  private final Random random = new Random(SEED);

  RandomBytesTest() {
    System.out.println("bulkhead.seed=" + SEED);
  }

  @Test
  void randomBytes() {
    int accepted = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      accepted += decode(bytes);
    }
    assertTrue(accepted > 0, "some random bytes are a message");
  }

  @Test
  void changedMessages() {
    List<byte[]> messages = List.of(tree().encode(), lists().encode(), maps().encode());
    int accepted = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = messages.get(random.nextInt(messages.size())).clone();
      for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      accepted += decode(bytes);
    }
    assertTrue(accepted > 0, "some changes do no harm");
  }

  @Test
  void truncatedMessages() throws Exception {
    byte[] bytes = tree().encode();
    assertEquals(tree(), Tree.decode(bytes));
    for (int length = 0; length < bytes.length; length++) {
      decode(Arrays.copyOf(bytes, length));
    }
    byte[] one = Tree.DEFAULT.withLeft(tree()).encode();
    for (int length = 1; length < one.length; length++) {
      byte[] part = Arrays.copyOf(one, length);
      assertThrows(MalformedMessageException.class, () -> Tree.decode(part));
    }
  }

  /** What is accepted must also survive being written and read again. */
  private int decode(byte[] bytes) {
    MessageDecoder<? extends Message> decoder = DECODERS.get(random.nextInt(DECODERS.size()));
    try {
      Message message = decoder.decode(new ProtoReader(bytes));
      byte[] encoded = message.encode();
      assertEquals(message, decoder.decode(new ProtoReader(encoded)), () -> describe(bytes));
      return 1;
    } catch (MalformedMessageException e) {
      assertTrue(e.getMessage().endsWith("."), () -> describe(bytes));
      return 0;
    } catch (RuntimeException e) {
      throw new AssertionError(describe(bytes), e);
    }
  }

  private static String describe(byte[] bytes) {
    return "seed " + SEED + ", bytes " + Arrays.toString(bytes);
  }

  private static Tree tree() {
    Scalars scalars =
        Scalars.DEFAULT.withStringValue("text").withFixed64Value(5).withColour(Colour.BLUE);
    Tree leaf = Tree.DEFAULT.withScalars(scalars).withLast(9);
    return leaf.withLeft(leaf)
        .withChildren(List.of(leaf, Tree.DEFAULT))
        .withAny(new Any("t", new byte[9]));
  }

  private static Lists lists() {
    return Lists.DEFAULT
        .withInt32Values(List.of(1, -1, 300))
        .withFixed32Values(List.of(1, 2))
        .withDoubleValues(List.of(0.5))
        .withStringValues(List.of("a", "", "ccc"))
        .withScalars(List.of(Scalars.DEFAULT.withBoolValue(true)));
  }

  private static Maps maps() {
    return Maps.DEFAULT
        .withStrings(Map.of("a", "b", "c", "d"))
        .withColours(Map.of(5, Colour.GREEN))
        .withScalars(Map.of(true, Scalars.DEFAULT.withSint32Value(-9)));
  }
}
