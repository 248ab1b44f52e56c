package dev.bulkhead.protobuf;

/**
 * Makes a message of its wire format.
 *
 * @param <T> the message
 */
@FunctionalInterface
public interface MessageDecoder<T> {
  /**
   * Reads one message, up to the end of {@code in}.
   *
   * @param in the bytes of the message; nothing of them is kept
   * @throws MalformedMessageException when the bytes are no such message
   */
  T decode(ProtoReader in) throws MalformedMessageException;
}
