package dev.bulkhead.linux.netlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An IP address.
 *
 * @param family its kind
 * @param high the first 64 bits of an IPv6 address, else 0
 * @param low the last 64 bits of an IPv6 address, or the 32 of an IPv4 one
 */
public record IpAddress(Family family, long high, long low) {
  /** The kinds of addresses, with the kernel's number and the length in bytes. */
  public enum Family {
    V4(2, 4),
    V6(10, 16);

    private final int number;
    private final int bytes;

    Family(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    /** AF_INET or AF_INET6. */
    public int number() {
      return number;
    }

    /** How long an address is. */
    public int bytes() {
      return bytes;
    }

    /** The longest prefix. */
    public int bits() {
      return bytes * 8;
    }

    static Optional<Family> of(int number) {
      for (Family family : values()) {
        if (family.number == number) {
          return Optional.of(family);
        }
      }
      return Optional.empty();
    }

    /** The address that stands for none, as in a default route's destination. */
    public IpAddress any() {
      return new IpAddress(this, 0, 0);
    }
  }

  private static final int GROUPS = 8;
  private static final int MOST_GROUP_DIGITS = 4;

  /**
   * The address of these bytes, in network order.
   *
   * @throws IllegalArgumentException if there are neither 4 nor 16
   */
  public static IpAddress of(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> new IpAddress(Family.V4, 0, number(bytes, 0, 4));
      case 16 -> new IpAddress(Family.V6, number(bytes, 0, 8), number(bytes, 8, 8));
      default ->
          throw new IllegalArgumentException(bytes.length + " bytes are the bytes of no address");
    };
  }

  private static long number(byte[] bytes, int offset, int count) {
    long number = 0;
    for (int i = 0; i < count; i++) {
      number = number << 8 | (bytes[offset + i] & 0xff);
    }
    return number;
  }

  /** The address in network order. */
  public byte[] bytes() {
    byte[] bytes = new byte[family.bytes()];
    for (int i = 0; i < bytes.length; i++) {
      int fromEnd = bytes.length - 1 - i;
      bytes[i] = (byte) (fromEnd < 8 ? low >>> (8 * fromEnd) : high >>> (8 * (fromEnd - 8)));
    }
    return bytes;
  }

  /** Whether it is valid on its own link only: 169.254.0.0/16 or fe80::/10. */
  public boolean isLinkLocal() {
    return switch (family) {
      case V4 -> low >>> 16 == 0xa9fe;
      case V6 -> high >>> 54 == 0xfe80 >>> 6;
    };
  }

  /** The address with all bits behind the prefix set: an IPv4 network's broadcast address. */
  IpAddress lastOf(int prefixLength) {
    return new IpAddress(family, high, low | (0xffffffffL >>> prefixLength));
  }

  /**
   * Reads an address as people write it.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static IpAddress parse(String text) {
    return (text.indexOf(':') < 0 ? parseV4(text) : parseV6(text))
        .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no IP address"));
  }

  private static Optional<IpAddress> parseV4(String text) {
    List<String> parts = split(text, '.');
    if (parts.size() != 4) {
      return Optional.empty();
    }
    long address = 0;
    for (String part : parts) {
      int number = digits(part, 10, 3);
      if (number < 0 || number > 255) {
        return Optional.empty();
      }
      address = address << 8 | number;
    }
    return Optional.of(new IpAddress(Family.V4, 0, address));
  }

  private static Optional<IpAddress> parseV6(String text) {
    int gap = text.indexOf("::");
    List<String> front = groups(gap < 0 ? text : text.substring(0, gap));
    List<String> back = gap < 0 ? List.of() : groups(text.substring(gap + 2));
    int missing = GROUPS - front.size() - back.size();
    if (gap < 0 ? missing != 0 : missing < 1) {
      return Optional.empty();
    }
    byte[] bytes = new byte[Family.V6.bytes()];
    for (int i = 0; i < GROUPS; i++) {
      boolean isBack = i >= front.size() + missing;
      if (i < front.size() || isBack) {
        String group = isBack ? back.get(i - front.size() - missing) : front.get(i);
        int number = digits(group, 16, MOST_GROUP_DIGITS);
        if (number < 0) {
          return Optional.empty();
        }
        bytes[2 * i] = (byte) (number >> 8);
        bytes[2 * i + 1] = (byte) number;
      }
    }
    return Optional.of(of(bytes));
  }

  private static List<String> groups(String text) {
    return text.isEmpty() ? List.of() : split(text, ':');
  }

  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == separator) {
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    return parts;
  }

  /** The number of one to {@code most} digits, or -1 if it is none. */
  private static int digits(String text, int radix, int most) {
    if (text.isEmpty() || text.length() > most) {
      return -1;
    }
    int number = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), radix) : -1;
      if (digit < 0) {
        return -1;
      }
      number = number * radix + digit;
    }
    return number;
  }

  /** As people write it; of an IPv6 address without shortening its longest run of zeros. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    byte[] bytes = bytes();
    switch (family) {
      case V4 -> {
        for (byte b : bytes) {
          text.append(text.isEmpty() ? "" : ".").append(b & 0xff);
        }
      }
      case V6 -> {
        for (int i = 0; i < bytes.length; i += 2) {
          text.append(i == 0 ? "" : ":")
              .append(Integer.toHexString((bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff)));
        }
      }
    }
    return text.toString();
  }
}
