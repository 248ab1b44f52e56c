package dev.bulkhead.runtime.network.bridge;

/**
 * A port of the host that leads to one of a container.
 *
 * @param host on all of the host's addresses, but not on IPv6's loopback
 * @param udp whether it is of UDP and not of TCP
 */
public record PublishedPort(int host, int guest, boolean udp) {
  private static final int MOST = 65_535;
  private static final String UDP = "/udp";
  private static final String TCP = "/tcp";

  /**
   * Reads HOST:GUEST, with /tcp or /udp behind it.
   *
   * @throws IllegalArgumentException if it is no such thing
   */
  public static PublishedPort parse(String text) {
    boolean udp = text.endsWith(UDP);
    String ports =
        udp || text.endsWith(TCP) ? text.substring(0, text.length() - UDP.length()) : text;
    int colon = ports.indexOf(':');
    int host = colon < 0 ? 0 : number(ports.substring(0, colon));
    int guest = colon < 0 ? 0 : number(ports.substring(colon + 1));
    if (host == 0 || guest == 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is no published port; HOST:GUEST is, as 8080:80 or 5353:53/udp");
    }
    return new PublishedPort(host, guest, udp);
  }

  /** A port's number, 0 if it is none. */
  private static int number(String digits) {
    int number = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9' || number > MOST) {
        return 0;
      }
      number = 10 * number + c - '0';
    }
    return number > MOST ? 0 : number;
  }

  String protocol() {
    return udp ? "udp" : "tcp";
  }

  /** As it is read. */
  @Override
  public String toString() {
    return host + ":" + guest + "/" + protocol();
  }
}
