package dev.bulkhead.protobuf;

/** A protobuf message: an immutable value that can write itself in wire format. */
public interface Message {
  /**
   * Puts this message's fields in front of what {@code out} already holds.
   *
   * @param out receives the fields, without a length prefix
   */
  void encode(ProtoWriter out);

  /** This message in wire format. */
  default byte[] encode() {
    ProtoWriter out = new ProtoWriter();
    encode(out);
    return out.toByteArray();
  }
}
