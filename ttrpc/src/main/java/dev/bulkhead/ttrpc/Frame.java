package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.ProtoWriter;

/**
 * The layout of a frame.
 *
 * <pre>
 *  0               4               8    9    10
 * +---------------+---------------+----+----+------ ... ------+
 * | data length   | stream id     |type|flag| data            |
 * +---------------+---------------+----+----+------ ... ------+
 *   big-endian      big-endian
 * </pre>
 */
final class Frame {
  static final int HEADER_LENGTH = 10;

  /** The longest data in bytes; longer frames are refused by every implementation. */
  static final int MAX_DATA_LENGTH = 4 << 20;

  static final int REQUEST = 1;
  static final int RESPONSE = 2;

  /** The sender will send more data on the stream. */
  static final int FLAG_REMOTE_OPEN = 2;

  private Frame() {}

  /** Completes a frame whose data {@code out} holds. */
  static byte[] finish(ProtoWriter out, int streamId, int type) {
    int length = out.size();
    out.writeByte(0);
    out.writeByte(type);
    out.writeBigEndian32(streamId);
    out.writeBigEndian32(length);
    return out.toByteArray();
  }
}
