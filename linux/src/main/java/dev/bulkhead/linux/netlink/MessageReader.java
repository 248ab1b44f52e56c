package dev.bulkhead.linux.netlink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A part of a buffer of netlink messages: the messages, one message's content, or attributes. It
 * reads forward; every length in it is checked against what is there.
 */
final class MessageReader {
  private static final int ATTRIBUTE_HEADER = 4;
  private static final int TYPE_MASK = 0x3fff;

  private final byte[] bytes;
  private final int end;
  private int position;

  MessageReader(byte[] bytes, int start, int end) {
    if (start < 0 || end < start || end > bytes.length) {
      throw malformed(end - start);
    }
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  private static IllegalArgumentException malformed(int length) {
    return new IllegalArgumentException(
        "a netlink message is malformed: a length of " + length + " does not fit");
  }

  boolean isAtEnd() {
    return position >= end;
  }

  int u8() {
    return (int) number(1);
  }

  int u16() {
    return (int) number(2);
  }

  int u32() {
    return (int) number(4);
  }

  private long number(int count) {
    if (end - position < count) {
      throw malformed(count);
    }
    long number = 0;
    for (int i = 0; i < count; i++) {
      number |= (bytes[position + i] & 0xffL) << (8 * i);
    }
    position += count;
    return number;
  }

  void skip(int count) {
    if (count < 0 || end - position < count) {
      throw malformed(count);
    }
    position += count;
  }

  /** A message: its header's numbers, and what is behind the header. */
  record Message(int type, int sequence, MessageReader content) {}

  /** The next message; its padding is passed over. */
  Message message() {
    int start = position;
    int length = u32();
    int type = u16();
    skip(2);
    int sequence = u32();
    skip(4);
    if (length < MessageWriter.HEADER || length > end - start) {
      throw malformed(length);
    }
    position = next(start, length);
    return new Message(
        type, sequence, new MessageReader(bytes, start + MessageWriter.HEADER, start + length));
  }

  /** The value of the attribute of this type among those from here on; the last if of several. */
  Optional<MessageReader> find(int type) {
    MessageReader found = null;
    MessageReader all = new MessageReader(bytes, position, end);
    while (all.end - all.position >= ATTRIBUTE_HEADER) {
      int start = all.position;
      int length = all.u16();
      int foundType = all.u16() & TYPE_MASK;
      if (length < ATTRIBUTE_HEADER || length > end - start) {
        throw malformed(length);
      }
      if (foundType == type) {
        found = new MessageReader(bytes, start + ATTRIBUTE_HEADER, start + length);
      }
      all.position = next(start, length);
    }
    return Optional.ofNullable(found);
  }

  /** The number in the attribute of this type, or {@code otherwise} without one. */
  int number(int type, int otherwise) {
    return find(type).map(MessageReader::u32).orElse(otherwise);
  }

  /** The attribute's bytes, if it has one of the lengths that are wanted. */
  Optional<byte[]> bytes(int type, IntPredicate wantedLength) {
    return find(type)
        .filter(value -> wantedLength.test(value.end - value.position))
        .map(value -> Arrays.copyOfRange(bytes, value.position, value.end));
  }

  /** The address in the attribute of this type. */
  Optional<IpAddress> address(int type, IpAddress.Family family) {
    return bytes(type, length -> length == family.bytes()).map(IpAddress::of);
  }

  /** The attribute's text, "" without one. */
  String text(int type) {
    return find(type)
        .map(
            value -> {
              int textEnd = value.position;
              while (textEnd < value.end && bytes[textEnd] != 0) {
                textEnd++;
              }
              return new String(
                  bytes, value.position, textEnd - value.position, StandardCharsets.UTF_8);
            })
        .orElse("");
  }

  private int next(int start, int length) {
    return Math.min(end, start + ((length + 3) & ~3));
  }
}
