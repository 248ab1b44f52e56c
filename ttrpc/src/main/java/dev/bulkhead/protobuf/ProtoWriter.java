package dev.bulkhead.protobuf;

/**
 * Writes the wire format, from the last byte to the first.
 *
 * <p>An embedded message is preceded by its length. Written backwards, the length is known by the
 * time its place comes, so no message is measured beforehand or copied afterwards. Everything here
 * therefore puts its bytes <em>in front of</em> what has been written before: callers write the
 * last field first, and a field's value before its tag.
 */
public final class ProtoWriter {
  private byte[] buffer;
  private int start;

  /** A writer for small messages; it grows. */
  public ProtoWriter() {
    this(128);
  }

  /**
   * A writer with room for {@code capacity} bytes; it grows.
   *
   * @param capacity the expected size in bytes
   */
  public ProtoWriter(int capacity) {
    buffer = new byte[capacity];
    start = capacity;
  }

  /** How many bytes were written. Taken before a message is written, it marks the message's end. */
  public int size() {
    return buffer.length - start;
  }

  /** The bytes written. The writer must not be used afterwards. */
  public byte[] toByteArray() {
    if (start == 0) {
      return buffer;
    }
    byte[] bytes = new byte[size()];
    System.arraycopy(buffer, start, bytes, 0, bytes.length);
    return bytes;
  }

  /** One byte. */
  public void writeByte(int value) {
    reserve(1);
    buffer[--start] = (byte) value;
  }

  /** Four bytes in network order (big-endian), for headers around messages. */
  public void writeBigEndian32(int value) {
    writeRawFixed32(Integer.reverseBytes(value));
  }

  /** A varint without a tag. */
  public void writeRawVarint(long value) {
    reserve(10);
    int length = 1;
    for (long rest = value >>> 7; rest != 0; rest >>>= 7) {
      length++;
    }
    start -= length;
    int at = start;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      buffer[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[at] = (byte) rest;
  }

  /** A fixed32, sfixed32 or float without a tag. */
  public void writeRawFixed32(int value) {
    reserve(4);
    start -= 4;
    buffer[start] = (byte) value;
    buffer[start + 1] = (byte) (value >> 8);
    buffer[start + 2] = (byte) (value >> 16);
    buffer[start + 3] = (byte) (value >> 24);
  }

  /** A fixed64, sfixed64 or double without a tag. */
  public void writeRawFixed64(long value) {
    writeRawFixed32((int) (value >> 32));
    writeRawFixed32((int) value);
  }

  /** A field that is a varint: any integer, bool or enum. */
  public void writeVarint(int tag, long value) {
    writeRawVarint(value);
    writeTag(tag);
  }

  /** A field that is a fixed32, sfixed32 or float. */
  public void writeFixed32(int tag, int value) {
    writeRawFixed32(value);
    writeTag(tag);
  }

  /** A field that is a fixed64, sfixed64 or double. */
  public void writeFixed64(int tag, long value) {
    writeRawFixed64(value);
    writeTag(tag);
  }

  /** A field that is a string. */
  public void writeString(int tag, String value) {
    int mark = size();
    reserve(value.length() * 3);
    start = Utf8.encodeBackwards(value, buffer, start);
    writeLength(tag, mark);
  }

  /** A field that is bytes. */
  public void writeBytes(int tag, byte[] value) {
    int mark = size();
    reserve(value.length);
    start -= value.length;
    System.arraycopy(value, 0, buffer, start, value.length);
    writeLength(tag, mark);
  }

  /**
   * Turns what was written since {@code mark} into one length-delimited field.
   *
   * @param mark {@link #size} before the field's content was written
   */
  public void writeLength(int tag, int mark) {
    writeRawVarint(size() - mark);
    writeTag(tag);
  }

  /** The varint form of an sint32. */
  public static long zigZag32(int value) {
    return ((value << 1) ^ (value >> 31)) & 0xFFFFFFFFL;
  }

  /** The varint form of an sint64. */
  public static long zigZag64(long value) {
    return (value << 1) ^ (value >> 63);
  }

  private void writeTag(int tag) {
    writeRawVarint(tag & 0xFFFFFFFFL);
  }

  private void reserve(int count) {
    if (count <= start) {
      return;
    }
    int size = size();
    // Room for what comes around a large payload, so that it is moved once and not again.
    byte[] larger = new byte[Math.max(buffer.length * 2, size + count + 128)];
    System.arraycopy(buffer, start, larger, larger.length - size, size);
    start = larger.length - size;
    buffer = larger;
  }
}
