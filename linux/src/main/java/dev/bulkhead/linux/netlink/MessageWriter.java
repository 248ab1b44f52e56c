package dev.bulkhead.linux.netlink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes one netlink message, see netlink(7) and the kernel's Netlink handbook. Little-endian. */
final class MessageWriter {
  /** Bytes before a message's content. */
  static final int HEADER = 16;

  private static final int NESTED = 0x8000;

  private byte[] bytes = new byte[192];
  private int size = HEADER;

  MessageWriter(int type, int flags) {
    put(4, type, 2);
    put(6, flags, 2);
  }

  MessageWriter u8(int value) {
    return append(value, 1);
  }

  MessageWriter u16(int value) {
    return append(value, 2);
  }

  MessageWriter u32(int value) {
    return append(value, 4);
  }

  MessageWriter attribute(int type, byte[] value) {
    u16(4 + value.length).u16(type);
    reserve(value.length + 3);
    System.arraycopy(value, 0, bytes, size, value.length);
    size = align(size + value.length);
    return this;
  }

  MessageWriter attribute(int type, int value) {
    return u16(8).u16(type).u32(value);
  }

  MessageWriter attribute(int type, String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    return attribute(type, Arrays.copyOf(encoded, encoded.length + 1));
  }

  /** Writes attributes inside of one. */
  MessageWriter nested(int type, Runnable content) {
    int start = size;
    u16(0).u16(type);
    content.run();
    put(start, size - start, 2);
    return this;
  }

  /** As {@link #nested}, with the flag that newer parts of the kernel ask for. */
  MessageWriter flaggedNested(int type, Runnable content) {
    return nested(type | NESTED, content);
  }

  /** The message. */
  byte[] finish() {
    put(0, size, 4);
    return Arrays.copyOf(bytes, size);
  }

  private MessageWriter append(int value, int count) {
    reserve(count);
    put(size, value, count);
    size += count;
    return this;
  }

  private void reserve(int count) {
    if (bytes.length - size < count) {
      bytes = Arrays.copyOf(bytes, 2 * (size + count));
    }
  }

  private void put(int offset, int value, int count) {
    for (int i = 0; i < count; i++) {
      bytes[offset + i] = (byte) (value >>> (8 * i));
    }
  }

  private static int align(int offset) {
    return (offset + 3) & ~3;
  }
}
