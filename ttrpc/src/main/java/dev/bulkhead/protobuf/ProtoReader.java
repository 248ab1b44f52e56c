package dev.bulkhead.protobuf;

import java.util.Arrays;
import java.util.Map;

/**
 * Reads the wire format of one message from a range of bytes.
 *
 * <p>A message is a sequence of fields, each a tag ({@code number << 3 | wire type}) and a value.
 * The caller reads a tag with {@link #readTag}, then the value with the method that fits, or leaves
 * it out with {@link #skip}. The bytes are neither copied nor changed, and must not change while
 * they are read.
 *
 * <p>A message in a message that comes twice counts the second time. Protobuf would merge the two,
 * which no sender needs and which costs quadratic time when a hostile one does it. Because a few
 * bytes can become a large object, the number of values in one message is limited as well.
 */
public final class ProtoReader {
  /** How deep messages may lie in one another; the limit of protobuf's own parsers. */
  static final int MAX_DEPTH = 100;

  /** How many fields and packed numbers one message may have, with all that lies within. */
  static final int MAX_VALUES = 1 << 18;

  /** The most entries of a map, as keys that all have one hash are compared with each other. */
  static final int MAX_ENTRIES = 4096;

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int FIXED32 = 5;

  private static final byte[] NO_BYTES = {};

  private final byte[] buffer;
  private final int end;
  private final int depth;
  private final ProtoReader outermost;
  private int position;
  private int values;

  /** Reads all of {@code bytes}. */
  public ProtoReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /**
   * Reads a part of {@code bytes}.
   *
   * @throws IndexOutOfBoundsException when the part does not lie within {@code bytes}
   */
  public ProtoReader(byte[] bytes, int offset, int length) {
    this.buffer = bytes;
    this.position = offset;
    this.end = offset + length;
    this.depth = 0;
    this.outermost = this;
    if (offset < 0 || length < 0 || length > bytes.length - offset) {
      throw new IndexOutOfBoundsException(
          length + " bytes at " + offset + " of an array of " + bytes.length);
    }
  }

  /** A copy of what has not been read yet. */
  public byte[] rest() {
    return Arrays.copyOfRange(buffer, position, end);
  }

  private ProtoReader(ProtoReader parent, int length) {
    this.buffer = parent.buffer;
    this.position = parent.position;
    this.end = parent.position + length;
    this.depth = parent.depth + 1;
    this.outermost = parent.outermost;
  }

  /**
   * Whether another number follows in a packed field.
   *
   * @throws MalformedMessageException when the message has too many values
   */
  public boolean hasMore() throws MalformedMessageException {
    if (position == end) {
      return false;
    }
    countValue();
    return true;
  }

  /**
   * The next field's tag, or 0 at the end of the message.
   *
   * @throws MalformedMessageException when the field number is outside of 1 to 2^29-1, or the wire
   *     type is a group (which proto3 does not have) or unknown
   */
  public int readTag() throws MalformedMessageException {
    if (position == end) {
      return 0;
    }
    countValue();
    long tag = readVarint64();
    if (tag < 0 || tag > 0xFFFFFFFFL || tag >>> 3 == 0) {
      throw new MalformedMessageException("The message has a field number out of range.");
    }
    int wireType = (int) tag & 7;
    if (wireType != VARINT
        && wireType != FIXED64
        && wireType != LENGTH_DELIMITED
        && wireType != FIXED32) {
      throw new MalformedMessageException(
          "The message has a field of wire type " + wireType + ", which proto3 does not have.");
    }
    return (int) tag;
  }

  /** Leaves out the value of a field that the message does not know. */
  public void skip(int tag) throws MalformedMessageException {
    switch (tag & 7) {
      case VARINT -> readVarint64();
      case FIXED64 -> position = advance(8);
      case FIXED32 -> position = advance(4);
      case LENGTH_DELIMITED -> {
        int length = readLength();
        position += length;
      }
      default ->
          throw new MalformedMessageException("The message has a group, which proto3 lacks.");
    }
  }

  /** A varint of which the lower 32 bits count, as protobuf wants it for 32-bit types. */
  public int readVarint32() throws MalformedMessageException {
    return (int) readVarint64();
  }

  /** A varint. Bits beyond the 64th are dropped. */
  public long readVarint64() throws MalformedMessageException {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (position == end) {
        throw truncated();
      }
      byte b = buffer[position++];
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedMessageException("The message has a number of more than ten bytes.");
  }

  /** A bool. */
  public boolean readBool() throws MalformedMessageException {
    return readVarint64() != 0;
  }

  /** An sint32. */
  public int readZigZag32() throws MalformedMessageException {
    int value = readVarint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** An sint64. */
  public long readZigZag64() throws MalformedMessageException {
    long value = readVarint64();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A fixed32 or sfixed32: four bytes, little-endian. */
  public int readFixed32() throws MalformedMessageException {
    int at = position;
    position = advance(4);
    return (buffer[at] & 0xFF)
        | ((buffer[at + 1] & 0xFF) << 8)
        | ((buffer[at + 2] & 0xFF) << 16)
        | (buffer[at + 3] << 24);
  }

  /** A fixed64 or sfixed64: eight bytes, little-endian. */
  public long readFixed64() throws MalformedMessageException {
    long low = readFixed32() & 0xFFFFFFFFL;
    return low | ((long) readFixed32() << 32);
  }

  /** A float. */
  public float readFloat() throws MalformedMessageException {
    return Float.intBitsToFloat(readFixed32());
  }

  /** A double. */
  public double readDouble() throws MalformedMessageException {
    return Double.longBitsToDouble(readFixed64());
  }

  /** A bytes field, as an array of the caller's own. */
  public byte[] readBytes() throws MalformedMessageException {
    int length = readLength();
    if (length == 0) {
      return NO_BYTES;
    }
    // Not Arrays.copyOfRange, which TeaVM's class library does byte by byte.
    byte[] bytes = new byte[length];
    System.arraycopy(buffer, position, bytes, 0, length);
    position += length;
    return bytes;
  }

  /**
   * A string.
   *
   * @throws MalformedMessageException when it is not well-formed UTF-8
   */
  public String readString() throws MalformedMessageException {
    int length = readLength();
    int from = position;
    position += length;
    return Utf8.decode(buffer, from, length);
  }

  /**
   * A reader of the embedded message (or map entry, or packed numbers) that comes next; this reader
   * goes on behind it.
   *
   * @throws MalformedMessageException when messages lie too deep in one another
   */
  public ProtoReader readMessage() throws MalformedMessageException {
    if (depth == MAX_DEPTH) {
      throw new MalformedMessageException(
          "The message has messages within messages deeper than " + MAX_DEPTH + " levels.");
    }
    int length = readLength();
    ProtoReader message = new ProtoReader(this, length);
    position += length;
    return message;
  }

  private void countValue() throws MalformedMessageException {
    if (++outermost.values > MAX_VALUES) {
      throw new MalformedMessageException(
          "The message has more than " + MAX_VALUES + " fields and numbers.");
    }
  }

  /** A length that the rest of the message can hold. */
  private int readLength() throws MalformedMessageException {
    long length = readVarint64();
    if (length < 0 || length > end - position) {
      throw truncated();
    }
    return (int) length;
  }

  private int advance(int count) throws MalformedMessageException {
    if (count > end - position) {
      throw truncated();
    }
    return position + count;
  }

  private static MalformedMessageException truncated() {
    return new MalformedMessageException("The message ends in the middle of a field.");
  }

  /**
   * Refuses what is too much for a map.
   *
   * @throws MalformedMessageException if it has {@value #MAX_ENTRIES} entries already
   */
  public static void checkRoom(Map<?, ?> map) throws MalformedMessageException {
    if (map.size() >= MAX_ENTRIES) {
      throw new MalformedMessageException(
          "The message has a map of more than " + MAX_ENTRIES + " entries.");
    }
  }
}
