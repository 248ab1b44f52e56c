package dev.bulkhead.oci.json;

import java.math.BigInteger;

/**
 * A type that a JSON value can have.
 *
 * @param <T> its Java type; unsigned numbers have their bits in the signed type of their size
 */
@FunctionalInterface
public interface JsonType<T> {
  /** A string. */
  JsonType<String> STRING =
      (value, path) -> {
        if (value instanceof String text) {
          return text;
        }
        throw wrongType("a string", value, path);
      };

  /** True or false. */
  JsonType<Boolean> BOOL =
      (value, path) -> {
        if (value instanceof Boolean bool) {
          return bool;
        }
        throw wrongType("true or false", value, path);
      };

  /** A whole number of 64 bits. */
  JsonType<Long> INT64 = JsonType::signed;

  /** A whole number of 64 bits from 0 on. */
  JsonType<Long> UINT64 = JsonType::unsigned;

  /** A whole number of 32 bits. */
  JsonType<Integer> INT32 =
      (value, path) -> (int) within(value, path, Integer.MIN_VALUE, Integer.MAX_VALUE);

  /** A whole number of 32 bits from 0 on. */
  JsonType<Integer> UINT32 = (value, path) -> (int) within(value, path, 0, 0xFFFFFFFFL);

  /**
   * Reads a value.
   *
   * @param value what nanojson made of it
   * @param path where it stands in the document
   * @throws InvalidJsonException when it is of another type or out of range
   */
  T read(Object value, String path) throws InvalidJsonException;

  /** A number of 64 bits from 0 on, as nanojson writes it. */
  static Number unsigned(long bits) {
    return bits >= 0 ? (Number) bits : new BigInteger(Long.toUnsignedString(bits));
  }

  /** The error for a value of the wrong type. */
  static InvalidJsonException wrongType(String expected, Object value, String path) {
    String found =
        switch (value) {
          case null -> "null";
          case String text -> "a string";
          case Boolean bool -> "a boolean";
          case Number number -> "the number " + number;
          case java.util.List<?> list -> "an array";
          default -> "an object";
        };
    return new InvalidJsonException(path + " must be " + expected + ", not " + found + ".");
  }

  private static Long signed(Object value, String path) throws InvalidJsonException {
    return within(value, path, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static long within(Object value, String path, long least, long most)
      throws InvalidJsonException {
    String digits = wholeNumber(value, path);
    try {
      long number = Long.parseLong(digits);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Whole, so it has too many digits: out of range as well.
    }
    throw outOfRange(digits, path, Long.toString(least), Long.toString(most));
  }

  private static Long unsigned(Object value, String path) throws InvalidJsonException {
    String digits = wholeNumber(value, path);
    // TeaVM's class library lacks Long.parseUnsignedLong. This is the largest without its last digit.
    final long tenth = 1844674407370955161L;
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      boolean fits =
          Long.compareUnsigned(number, tenth) < 0
              || (number == tenth && digit <= 5);
      if (digit < 0 || !fits) {
        throw outOfRange(digits, path, "0", "18446744073709551615");
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /** The digits of a whole number, of any of the types that nanojson has for them. */
  private static String wholeNumber(Object value, String path) throws InvalidJsonException {
    if (value instanceof Number number) {
      String digits = number.toString();
      int first = digits.startsWith("-") ? 1 : 0;
      for (int i = first; i < digits.length(); i++) {
        if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
          throw wrongType("a whole number", value, path);
        }
      }
      return digits;
    }
    throw wrongType("a whole number", value, path);
  }

  private static InvalidJsonException outOfRange(
      String digits, String path, String least, String most) {
    return new InvalidJsonException(
        path + " must be between " + least + " and " + most + ", not " + digits + ".");
  }
}
