package dev.bulkhead.linux.netlink;

/**
 * The link address of an Ethernet interface.
 *
 * @param number its 48 bits
 */
public record MacAddress(long number) {
  /** How many bytes it has. */
  public static final int BYTES = 6;

  private static final int TEXT_LENGTH = 17;

  /**
   * The address of these bytes.
   *
   * @throws IllegalArgumentException if there are not 6
   */
  public static MacAddress of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(bytes.length + " bytes are no MAC address");
    }
    long number = 0;
    for (byte b : bytes) {
      number = number << 8 | (b & 0xff);
    }
    return new MacAddress(number);
  }

  /** The address in the order of transmission. */
  public byte[] bytes() {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) (number >>> (8 * (BYTES - 1 - i)));
    }
    return bytes;
  }

  /**
   * Reads an address as 02:42:ac:11:00:02.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static MacAddress parse(String text) {
    long number = 0;
    boolean good = text.length() == TEXT_LENGTH;
    for (int i = 0; good && i < TEXT_LENGTH; i++) {
      char c = text.charAt(i);
      if (i % 3 == 2) {
        good = c == ':';
      } else {
        int digit = c < 128 ? Character.digit(c, 16) : -1;
        good = digit >= 0;
        number = number << 4 | digit;
      }
    }
    if (!good) {
      throw new IllegalArgumentException("'" + text + "' is no MAC address");
    }
    return new MacAddress(number);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes()) {
      text.append(text.isEmpty() ? "" : ":")
          .append(Character.forDigit((b >> 4) & 15, 16))
          .append(Character.forDigit(b & 15, 16));
    }
    return text.toString();
  }
}
