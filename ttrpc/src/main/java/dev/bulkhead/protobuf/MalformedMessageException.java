package dev.bulkhead.protobuf;

/** Bytes that are no protobuf message. The text says what is wrong with them. */
public final class MalformedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence on what is wrong
   */
  public MalformedMessageException(String message) {
    super(message);
  }
}
