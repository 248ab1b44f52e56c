package dev.bulkhead.linux.netlink;

/**
 * An address and how many of its bits name its network, as 172.17.0.2/16.
 *
 * @param length in bits
 */
public record IpPrefix(IpAddress address, int length) {
  /**
   * Checks it.
   *
   * @throws IllegalArgumentException if the length is longer than the address
   */
  public IpPrefix {
    if (length < 0 || length > address.family().bits()) {
      throw new IllegalArgumentException(
          "the prefix of " + address + " cannot be " + length + " bits long");
    }
  }

  /**
   * Reads "ADDRESS/LENGTH", or an address alone, whose prefix is all of it.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    return slash < 0
        ? new IpPrefix(address, address.family().bits())
        : new IpPrefix(address, length(text.substring(slash + 1)));
  }

  /**
   * Reads a prefix length.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static int length(String digits) {
    int length = 0;
    boolean good = !digits.isEmpty() && digits.length() <= 3;
    for (int i = 0; good && i < digits.length(); i++) {
      char c = digits.charAt(i);
      good = c >= '0' && c <= '9';
      length = length * 10 + c - '0';
    }
    if (!good) {
      throw new IllegalArgumentException("'" + digits + "' is no length of a prefix");
    }
    return length;
  }

  /** The prefix whose address is the first of the network, as 172.17.0.0/16. */
  public IpPrefix network() {
    byte[] bytes = address.bytes();
    for (int i = 0; i < bytes.length; i++) {
      int kept = Math.max(0, Math.min(8, length - 8 * i));
      bytes[i] &= (byte) (0xff00 >> kept);
    }
    return new IpPrefix(IpAddress.of(bytes), length);
  }

  /** Whether the networks of both have addresses in common. */
  public boolean overlaps(IpPrefix other) {
    if (address.family() != other.address().family()) {
      return false;
    }
    int common = Math.min(length, other.length);
    return new IpPrefix(address, common)
        .network()
        .equals(new IpPrefix(other.address, common).network());
  }

  @Override
  public String toString() {
    return address + "/" + length;
  }
}
