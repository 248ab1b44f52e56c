package dev.bulkhead.protobuf;

/**
 * UTF-8, strictly: no overlong forms, no surrogates, nothing beyond U+10FFFF (RFC 3629).
 *
 * <p>The class library's decoder replaces what is malformed in silence; two different names of a
 * file could then become the same.
 */
final class Utf8 {
  private Utf8() {}

  static String decode(byte[] bytes, int from, int length) throws MalformedMessageException {
    if (length == 0) {
      return "";
    }
    char[] chars = new char[length];
    int count = 0;
    int at = from;
    int end = from + length;
    while (at < end) {
      int b = bytes[at++];
      if (b >= 0) {
        chars[count++] = (char) b;
        continue;
      }
      int more;
      int least;
      int code;
      if ((b & 0xE0) == 0xC0) {
        more = 1;
        least = 0x80;
        code = b & 0x1F;
      } else if ((b & 0xF0) == 0xE0) {
        more = 2;
        least = 0x800;
        code = b & 0x0F;
      } else if ((b & 0xF8) == 0xF0) {
        more = 3;
        least = 0x10000;
        code = b & 0x07;
      } else {
        throw malformed();
      }
      if (more > end - at) {
        throw malformed();
      }
      for (int i = 0; i < more; i++) {
        int next = bytes[at++];
        if ((next & 0xC0) != 0x80) {
          throw malformed();
        }
        code = (code << 6) | (next & 0x3F);
      }
      if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        throw malformed();
      }
      if (code < 0x10000) {
        chars[count++] = (char) code;
      } else {
        // Four bytes were read, so there is room for two chars.
        chars[count++] = (char) (0xD7C0 + (code >> 10));
        chars[count++] = (char) (0xDC00 + (code & 0x3FF));
      }
    }
    return new String(chars, 0, count);
  }

  /**
   * Writes {@code text} so that it ends before {@code end}, and answers where it starts. There must
   * be room for three bytes a char. A surrogate without its partner becomes U+FFFD.
   */
  static int encodeBackwards(String text, byte[] bytes, int end) {
    int at = end;
    for (int i = text.length() - 1; i >= 0; i--) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes[--at] = (byte) c;
        continue;
      }
      int code = c;
      if (c >= 0xD800 && c <= 0xDFFF) {
        char before = i > 0 ? text.charAt(i - 1) : 0;
        if (c >= 0xDC00 && before >= 0xD800 && before < 0xDC00) {
          i--;
          code = 0x10000 + ((before - 0xD800) << 10) + (c - 0xDC00);
        } else {
          code = 0xFFFD;
        }
      }
      bytes[--at] = continuation(code);
      if (code < 0x800) {
        bytes[--at] = (byte) (0xC0 | (code >> 6));
        continue;
      }
      bytes[--at] = continuation(code >> 6);
      if (code < 0x10000) {
        bytes[--at] = (byte) (0xE0 | (code >> 12));
        continue;
      }
      bytes[--at] = continuation(code >> 12);
      bytes[--at] = (byte) (0xF0 | (code >> 18));
    }
    return at;
  }

  private static byte continuation(int code) {
    return (byte) (0x80 | (code & 0x3F));
  }

  private static MalformedMessageException malformed() {
    return new MalformedMessageException("The message has a text that is not well-formed UTF-8.");
  }
}
