package dev.bulkhead.agentapi;

import java.util.Arrays;
import java.util.Optional;

/** Messages of the domain name system on a stream: each behind its length, see RFC 1035, 4.2.2. */
public final class NameStream {
  private static final int LENGTH_BYTES = 2;

  private byte[] held = {};

  /** A message as it stands on a stream. */
  public static byte[] framed(byte[] message) {
    if (message.length > NameMessage.MOST_BYTES) {
      throw new IllegalArgumentException("a message of " + message.length + " bytes");
    }
    byte[] framed = new byte[LENGTH_BYTES + message.length];
    framed[0] = (byte) (message.length >> 8);
    framed[1] = (byte) message.length;
    System.arraycopy(message, 0, framed, LENGTH_BYTES, message.length);
    return framed;
  }

  /** Takes what was read. Whoever takes the messages before reads on holds little. */
  public void receive(byte[] bytes, int length) {
    int start = held.length;
    held = Arrays.copyOf(held, start + length);
    System.arraycopy(bytes, 0, held, start, length);
  }

  /** The next message that is complete. */
  public Optional<byte[]> next() {
    if (held.length < LENGTH_BYTES) {
      return Optional.empty();
    }
    int end = LENGTH_BYTES + (((held[0] & 0xff) << 8) | (held[1] & 0xff));
    if (held.length < end) {
      return Optional.empty();
    }
    byte[] message = Arrays.copyOfRange(held, LENGTH_BYTES, end);
    held = Arrays.copyOfRange(held, end, held.length);
    return Optional.of(message);
  }
}
