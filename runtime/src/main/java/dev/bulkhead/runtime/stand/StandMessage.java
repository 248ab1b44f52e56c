package dev.bulkhead.runtime.stand;

/**
 * What passes between a container process and its monitor: five bytes each, a letter and two
 * numbers of 16 bits, big-endian.
 */
public sealed interface StandMessage {
  /** Bytes of one message. */
  int SIZE = 5;

  /** To the container process: the guest's process ended with this code. */
  record Exit(int code) implements StandMessage {}

  /** To the monitor: this signal came. */
  record Signal(int number) implements StandMessage {}

  /** To the monitor: the terminal's window has this size now. */
  record Resize(int rows, int columns) implements StandMessage {}

  /** The message as it is sent. */
  default byte[] encode() {
    return switch (this) {
      case Exit(int code) -> bytes('E', code, 0);
      case Signal(int number) -> bytes('S', number, 0);
      case Resize(int rows, int columns) -> bytes('W', rows, columns);
    };
  }

  private static byte[] bytes(char letter, int first, int second) {
    return new byte[] {
      (byte) letter, (byte) (first >> 8), (byte) first, (byte) (second >> 8), (byte) second
    };
  }

  /**
   * Reads a message.
   *
   * @throws IllegalArgumentException if its letter is unknown
   */
  static StandMessage decode(byte[] bytes, int offset) {
    int first = (bytes[offset + 1] & 0xff) << 8 | (bytes[offset + 2] & 0xff);
    int second = (bytes[offset + 3] & 0xff) << 8 | (bytes[offset + 4] & 0xff);
    return switch (bytes[offset]) {
      case 'E' -> new Exit(first);
      case 'S' -> new Signal(first);
      case 'W' -> new Resize(first, second);
      default -> throw new IllegalArgumentException("there is no message of kind " + bytes[offset]);
    };
  }
}
