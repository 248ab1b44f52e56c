package dev.bulkhead.linux;

import java.nio.charset.StandardCharsets;
import org.teavm.interop.Address;

/** Strings as C has them: UTF-8 bytes with a zero at the end. */
final class CString {
  private CString() {}

  /** The bytes of {@code text} and a zero; a zero inside it is refused. */
  static byte[] of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] terminated = new byte[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        throw new IllegalArgumentException(
            "'" + text.substring(0, Math.min(40, text.length())) + "' holds a zero byte");
      }
      terminated[i] = bytes[i];
    }
    return terminated;
  }

  /** What {@link #of} made of it; what is no UTF-8 becomes U+FFFD. */
  static String text(byte[] terminated) {
    return new String(terminated, 0, terminated.length - 1, StandardCharsets.UTF_8);
  }

  /** The string at {@code address}, which stays the callee's; null for a null pointer. */
  static String read(Address address) {
    if (address.toLong() == 0) {
      return null;
    }
    return read(address, (int) Libc.strlen(address));
  }

  static String read(Address address, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = address.add(i).getByte();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
