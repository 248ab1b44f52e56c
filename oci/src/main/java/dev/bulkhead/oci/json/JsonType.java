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
  JsonType<Long> INT64 =
      (value, path) -> WholeNumber.signed(value, path, Long.MIN_VALUE, Long.MAX_VALUE);

  /** A whole number of 64 bits from 0 on. */
  JsonType<Long> UINT64 = WholeNumber::unsigned;

  /** A whole number of 32 bits. */
  JsonType<Integer> INT32 =
      (value, path) -> (int) WholeNumber.signed(value, path, Integer.MIN_VALUE, Integer.MAX_VALUE);

  /** A whole number of 32 bits from 0 on. */
  JsonType<Integer> UINT32 = (value, path) -> (int) WholeNumber.signed(value, path, 0, 0xFFFFFFFFL);

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
}
