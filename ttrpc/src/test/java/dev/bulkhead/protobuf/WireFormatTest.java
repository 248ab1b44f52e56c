package dev.bulkhead.protobuf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.testmessages.Colour;
import dev.bulkhead.testmessages.Holder;
import dev.bulkhead.testmessages.Lists;
import dev.bulkhead.testmessages.Maps;
import dev.bulkhead.testmessages.Optionals;
import dev.bulkhead.testmessages.Scalars;
import dev.bulkhead.testmessages.Tree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated messages against bytes that are known from the encoding specification or by hand. */
class WireFormatTest {
  private static final Scalars EXTREMES =
      new Scalars(
          Integer.MIN_VALUE,
          -1,
          Integer.MIN_VALUE,
          Long.MIN_VALUE,
          -1L,
          Long.MIN_VALUE,
          true,
          -1,
          Integer.MIN_VALUE,
          -1L,
          Long.MIN_VALUE,
          Float.MIN_VALUE,
          Double.MAX_VALUE,
          "käse \uD83E\uDDC0",
          new byte[] {0, -1},
          Colour.NEGATIVE);

  @Test
  void integersAreReadInEveryForm() throws Exception {
    assertEquals(150, Scalars.decode(bytes("08 96 01")).int32Value());
    assertEquals(150, Scalars.decode(bytes("08 96 81 80 80 00")).int32Value());
    assertEquals(-106, Scalars.decode(bytes("08 96 ff ff ff 0f")).int32Value());
    assertEquals(-106, Scalars.decode(bytes("08 96 ff ff ff ff ff ff ff ff 01")).int32Value());
    assertEquals(
        150,
        Scalars.decode(bytes("08 96 81 80 80 f0 ff ff ff ff 01")).int32Value(),
        "bits beyond the 32nd do not count");
    assertTrue(Scalars.decode(bytes("38 80 80 80 80 10")).boolValue());
  }

  @Test
  void valuesHaveTheBytesOfTheSpecification() throws Exception {
    assertBytes("08 96 01", Scalars.DEFAULT.withInt32Value(150));
    assertBytes("08 ff ff ff ff ff ff ff ff ff 01", Scalars.DEFAULT.withInt32Value(-1));
    assertBytes("10 ff ff ff ff 0f", Scalars.DEFAULT.withUint32Value(-1));
    assertBytes("18 01", Scalars.DEFAULT.withSint32Value(-1));
    assertBytes("18 fe ff ff ff 0f", Scalars.DEFAULT.withSint32Value(Integer.MAX_VALUE));
    assertBytes("18 ff ff ff ff 0f", Scalars.DEFAULT.withSint32Value(Integer.MIN_VALUE));
    assertBytes("28 ff ff ff ff ff ff ff ff ff 01", Scalars.DEFAULT.withUint64Value(-1));
    assertBytes("30 03", Scalars.DEFAULT.withSint64Value(-2));
    assertBytes("38 01", Scalars.DEFAULT.withBoolValue(true));
    assertBytes("45 04 03 02 01", Scalars.DEFAULT.withFixed32Value(0x01020304));
    assertBytes(
        "51 08 07 06 05 04 03 02 01", Scalars.DEFAULT.withFixed64Value(0x0102030405060708L));
    assertBytes("65 00 00 80 3f", Scalars.DEFAULT.withFloatValue(1f));
    assertBytes("65 00 00 00 80", Scalars.DEFAULT.withFloatValue(-0f));
    assertBytes("69 00 00 00 00 00 00 f0 bf", Scalars.DEFAULT.withDoubleValue(-1));
    assertBytes("72 07 74 65 73 74 69 6e 67", Scalars.DEFAULT.withStringValue("testing"));
    assertBytes("7a 02 00 ff", Scalars.DEFAULT.withBytesValue(new byte[] {0, -1}));
    assertBytes("80 01 f0 a2 04", Scalars.DEFAULT.withColour(Colour.BLUE));
    assertBytes("0a 03 08 96 01", Tree.DEFAULT.withScalars(Scalars.DEFAULT.withInt32Value(150)));
    assertBytes("12 00", Tree.DEFAULT.withLeft(Tree.DEFAULT));
    assertBytes("f8 ff ff ff 0f 01", Tree.DEFAULT.withLast(1));
    assertBytes(
        "22 06 03 8e 02 9e a7 05", Lists.DEFAULT.withInt64Values(List.of(3L, 270L, 86942L)));
    assertBytes("72 00 72 01 61", Lists.DEFAULT.withStringValues(List.of("", "a")));
    assertBytes(
        "0a 06 0a 01 63 12 01 64 0a 06 0a 01 61 12 01 62",
        Maps.DEFAULT.withStrings(ordered("c", "d", "a", "b")));
  }

  @Test
  void defaultsTakeNoBytes() {
    assertEquals(0, Scalars.DEFAULT.encode().length);
    assertEquals(0, Optionals.DEFAULT.encode().length);
    assertEquals(0, Lists.DEFAULT.encode().length);
    assertEquals(0, Maps.DEFAULT.encode().length);
    assertEquals(0, Tree.DEFAULT.encode().length);
  }

  @Test
  void everyScalarComesBack() throws Exception {
    assertEquals(EXTREMES, Scalars.decode(EXTREMES.encode()));
    assertEquals(EXTREMES.hashCode(), Scalars.decode(EXTREMES.encode()).hashCode());
    assertNotEquals(EXTREMES, EXTREMES.withBytesValue(new byte[] {0}));
  }

  @Test
  void presenceOfZeroIsKept() throws Exception {
    Optionals zeros =
        new Optionals(
            0, 0, 0, 0L, 0L, 0L, false, 0, 0, 0L, 0L, 0f, 0d, "", new byte[0], Colour.RED);
    Optionals back = Optionals.decode(zeros.encode());
    assertEquals(zeros, back);
    assertTrue(back.hasInt32Value() && back.hasDoubleValue() && back.hasStringValue());
    assertTrue(back.hasBytesValue() && back.hasColour() && back.hasBoolValue());
    assertNotEquals(Optionals.DEFAULT, back);

    assertFalse(Optionals.DEFAULT.hasUint64Value());
    assertEquals(0L, Optionals.DEFAULT.uint64Value());
    assertEquals("", Optionals.DEFAULT.stringValue());
    assertEquals(0, Optionals.DEFAULT.bytesValue().length);
    assertEquals(Colour.RED, Optionals.DEFAULT.colour());
    assertFalse(zeros.withFloatValue(null).hasFloatValue());
  }

  @Test
  void listsComeBackPackedOrNot() throws Exception {
    Lists lists =
        new Lists(
            List.of(1, -1),
            List.of(-1, 1),
            List.of(Integer.MIN_VALUE, 5),
            List.of(1L, Long.MIN_VALUE),
            List.of(-1L),
            List.of(-7L, 7L),
            List.of(true, false),
            List.of(1, -1),
            List.of(2),
            List.of(3L),
            List.of(-4L),
            List.of(1.5f, -0f),
            List.of(2.5d),
            List.of("", "ä"),
            List.of(Colour.BLUE, Colour.RED),
            List.of(EXTREMES, Scalars.DEFAULT));
    assertEquals(lists, Lists.decode(lists.encode()));

    assertEquals(
        List.of(1, 2, 300, 4),
        Lists.decode(bytes("08 01 0a 03 02 ac 02 08 04")).int32Values(),
        "unpacked and packed values of one field follow one another");
    assertEquals(List.of(1f), Lists.decode(bytes("65 00 00 80 3f")).floatValues());
    assertEquals(List.of(Colour.GREEN), Lists.decode(bytes("80 01 01")).colours());
  }

  @Test
  void mapsComeBackInTheirOrder() throws Exception {
    Map<String, Long> numbers = new LinkedHashMap<>();
    for (int i = 100; i > 0; i--) {
      numbers.put("key" + i, (long) i);
    }
    Maps maps =
        new Maps(
            ordered("z", "1", "a", "2"),
            numbers,
            Map.of(-1, Colour.GREEN),
            Map.of(true, EXTREMES),
            Map.of(Long.MIN_VALUE, new Holder(new byte[] {1})));
    Maps back = Maps.decode(maps.encode());
    assertEquals(maps, back);
    assertEquals(List.copyOf(numbers.keySet()), List.copyOf(back.numbers().keySet()));
    assertEquals(List.of("z", "a"), List.copyOf(back.strings().keySet()));

    assertEquals(Map.of("", ""), Maps.decode(bytes("0a 00")).strings());
    assertEquals(
        Map.of("k", "2"),
        Maps.decode(bytes("0a 06 12 01 31 0a 01 6b 0a 06 0a 01 6b 12 01 32")).strings(),
        "the last entry of a key counts, and a value may come before its key");
  }

  @Test
  void messagesAreImmutable() {
    List<String> strings = new ArrayList<>(List.of("a"));
    Map<String, String> map = new HashMap<>(Map.of("k", "v"));
    Lists lists = Lists.DEFAULT.withStringValues(strings);
    Maps maps = Maps.DEFAULT.withStrings(map);
    strings.add("b");
    map.clear();
    assertEquals(List.of("a"), lists.stringValues());
    assertEquals(Map.of("k", "v"), maps.strings());
    assertThrows(UnsupportedOperationException.class, () -> lists.stringValues().add("c"));
    assertThrows(UnsupportedOperationException.class, () -> maps.strings().put("c", "d"));
    assertThrows(NullPointerException.class, () -> Scalars.DEFAULT.withStringValue(null));
    assertThrows(NullPointerException.class, () -> Lists.DEFAULT.withStringValues(null));
    Map<String, String> holey = new HashMap<>();
    holey.put("k", null);
    assertThrows(NullPointerException.class, () -> Maps.DEFAULT.withStrings(holey));
  }

  @Test
  void absentMessagesReadAsDefaults() {
    assertFalse(Tree.DEFAULT.hasLeft());
    assertEquals(Tree.DEFAULT, Tree.DEFAULT.left().left().left());
    assertTrue(Tree.DEFAULT.withLeft(Tree.DEFAULT).hasLeft());
    assertFalse(Tree.DEFAULT.withLeft(Tree.DEFAULT).withLeft(null).hasLeft());
  }

  @Test
  void unknownFieldsAreSkipped() throws Exception {
    String unknown = "98 06 01  99 06 0102030405060708  9a 06 02 6869  9d 06 01020304";
    assertEquals(
        Scalars.DEFAULT.withInt32Value(150), Scalars.decode(bytes(unknown + "08 96 01" + unknown)));
    assertEquals(
        Scalars.DEFAULT,
        Scalars.decode(bytes("0d 01020304")),
        "a known number with another wire type is an unknown field");
  }

  @Test
  void theLastOfTwoValuesCounts() throws Exception {
    assertEquals(2, Scalars.decode(bytes("08 01 08 02")).int32Value());
    assertEquals(
        Scalars.DEFAULT.withUint32Value(1),
        Tree.decode(bytes("0a 02 08 01 0a 02 10 01")).scalars());
  }

  @Test
  void unknownEnumNumbersAreUnrecognized() throws Exception {
    Scalars message = Scalars.decode(bytes("80 01 07"));
    assertEquals(Colour.UNRECOGNIZED, message.colour());
    assertEquals(message, Scalars.decode(message.encode()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08", // a tag without a value
        "08 80", // half a number
        "08 ff ff ff ff ff ff ff ff ff ff 01", // a number of eleven bytes
        "0b 0c", // a group
        "0c", // the end of a group
        "0e", // no wire type
        "0f", // no wire type
        "00", // field number 0
        "80 80 80 80 80 80 80 80 80 01", // a field number of 64 bits
        "80 80 80 80 10", // a field number of 30 bits
        "45 01 02 03", // three bytes of four
        "51 01 02 03 04 05 06 07", // seven bytes of eight
        "72 02 61", // one byte of two
        "72 ff ff ff ff 07", // two gigabytes that are not there
        "72 ff ff ff ff ff ff ff ff 7f", // eight exabytes that are not there
        "72 ff ff ff ff ff ff ff ff ff 01", // a length of -1
        "7a 80 80 80 80 08", // a length that is negative in 32 bits
        "7a 80 80 80 80 10", // a length that is 0 in 32 bits
        "9a 06 05 00", // an unknown field that is too short
        "72 01 80", // text that starts in the middle of a character
        "72 01 c3", // text that ends in the middle of a character
        "72 02 c0 80", // an overlong form
        "72 03 e0 80 80", // an overlong form
        "72 03 ed a0 80", // a surrogate
        "72 04 f4 90 80 80", // beyond U+10FFFF
        "72 04 f0 80 80 80", // an overlong form
        "72 01 ff", // no UTF-8 at all
      })
  void malformedMessagesAreRefused(String hex) {
    assertThrows(MalformedMessageException.class, () -> Scalars.decode(bytes(hex)));
  }

  @Test
  void whatLiesInAMessageCannotReachBeyondIt() {
    // Three bytes of a nested message, whose string claims four; more follow behind it.
    assertThrows(
        MalformedMessageException.class, () -> Tree.decode(bytes("0a 03 72 04 61 61 61 61 61 61")));
    assertThrows(
        MalformedMessageException.class, () -> Lists.decode(bytes("42 05 01 02 03 04 05 06 07")));
  }

  @Test
  void nestingIsLimited() throws Exception {
    Tree tree = Tree.DEFAULT.withLast(7);
    for (int i = 0; i < ProtoReader.MAX_DEPTH; i++) {
      tree = Tree.DEFAULT.withLeft(tree);
    }
    byte[] deepest = tree.encode();
    assertEquals(tree, Tree.decode(deepest));
    byte[] tooDeep = Tree.DEFAULT.withLeft(tree).encode();
    assertThrows(MalformedMessageException.class, () -> Tree.decode(tooDeep));
  }

  @Test
  void theNumberOfValuesIsLimited() throws Exception {
    byte[] most = packedZeros(ProtoReader.MAX_VALUES - 1);
    assertEquals(ProtoReader.MAX_VALUES - 1, Lists.decode(most).int32Values().size());
    byte[] tooMany = packedZeros(ProtoReader.MAX_VALUES);
    assertThrows(MalformedMessageException.class, () -> Lists.decode(tooMany));

    byte[] empties = new byte[(ProtoReader.MAX_VALUES + 1) * 2];
    for (int i = 0; i < empties.length; i += 2) {
      empties[i] = 26;
    }
    assertThrows(MalformedMessageException.class, () -> Tree.decode(empties));
  }

  private static byte[] packedZeros(int count) {
    ProtoWriter out = new ProtoWriter();
    out.writeBytes(10, new byte[count]);
    return out.toByteArray();
  }

  @Test
  void aReaderKeepsToItsRange() throws Exception {
    byte[] padded = bytes("ff ff 08 96 01 ff");
    assertEquals(150, Scalars.decode(new ProtoReader(padded, 2, 3)).int32Value());
    assertThrows(IndexOutOfBoundsException.class, () -> new ProtoReader(padded, 2, 5));
    assertThrows(IndexOutOfBoundsException.class, () -> new ProtoReader(padded, -1, 2));
    assertThrows(
        IndexOutOfBoundsException.class, () -> new ProtoReader(padded, 1, Integer.MAX_VALUE));
  }

  @Test
  void largeBytesComeBack() throws Exception {
    byte[] large = new byte[3 << 20];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ((i * 31) >> 3);
    }
    byte[] encoded = Tree.DEFAULT.withAny(new Any("type", large)).encode();
    assertArrayEquals(large, Tree.decode(encoded).any().value());
  }

  @Test
  void textIsUtf8() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int code = 0; code <= 0x10FFFF; code += code < 0x900 ? 1 : 97) {
      if (code < 0xD800 || code > 0xDFFF) {
        text.appendCodePoint(code);
      }
    }
    text.appendCodePoint(0x10FFFF).append('\uFFFF');
    Scalars message = Scalars.DEFAULT.withStringValue(text.toString());
    byte[] encoded = message.encode();
    byte[] expected = text.toString().getBytes(StandardCharsets.UTF_8);
    assertArrayEquals(
        expected, Arrays.copyOfRange(encoded, encoded.length - expected.length, encoded.length));
    assertEquals(message, Scalars.decode(encoded));
  }

  @Test
  void loneSurrogatesAreReplaced() throws Exception {
    for (String text : List.of("\uD83E", "\uDDC0", "a\uD83Eb", "\uDDC0\uD83E")) {
      String back = Scalars.decode(Scalars.DEFAULT.withStringValue(text).encode()).stringValue();
      assertEquals(text.replace('\uD83E', '\uFFFD').replace('\uDDC0', '\uFFFD'), back);
    }
  }

  private static Map<String, String> ordered(String... keysAndValues) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static void assertBytes(String hex, Message message) {
    assertEquals(HexFormat.of().formatHex(bytes(hex)), HexFormat.of().formatHex(message.encode()));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
