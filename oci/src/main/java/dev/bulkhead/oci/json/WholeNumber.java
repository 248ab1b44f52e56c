package dev.bulkhead.oci.json;

/** Reads whole numbers, of any of the types that nanojson has for numbers. */
final class WholeNumber {
  /** The largest number of 64 bits, 18446744073709551615, without its last digit. */
  private static final long LAST_TENTH = 1844674407370955161L;

  private static final int LAST_DIGIT = 5;

  private WholeNumber() {}

  static long signed(Object value, String path, long least, long most) throws InvalidJsonException {
    String digits = digits(value, path);
    try {
      long number = Long.parseLong(digits);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // It is whole, so it has too many digits: out of range as well.
    }
    throw outOfRange(digits, path, Long.toString(least), Long.toString(most));
  }

  static long unsigned(Object value, String path) throws InvalidJsonException {
    String digits = digits(value, path);
    long bits = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      // TeaVM's class library has no Long.parseUnsignedLong. A minus sign is below all digits.
      boolean fits =
          digit >= 0
              && (Long.compareUnsigned(bits, LAST_TENTH) < 0
                  || (bits == LAST_TENTH && digit <= LAST_DIGIT));
      if (!fits) {
        throw outOfRange(digits, path, "0", "18446744073709551615");
      }
      bits = bits * 10 + digit;
    }
    return bits;
  }

  private static String digits(Object value, String path) throws InvalidJsonException {
    if (value instanceof Number number) {
      String digits = number.toString();
      int first = digits.startsWith("-") ? 1 : 0;
      for (int i = first; i < digits.length(); i++) {
        if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
          throw JsonType.wrongType("a whole number", value, path);
        }
      }
      return digits;
    }
    throw JsonType.wrongType("a whole number", value, path);
  }

  private static InvalidJsonException outOfRange(
      String digits, String path, String least, String most) {
    return new InvalidJsonException(
        path + " must be between " + least + " and " + most + ", not " + digits + ".");
  }
}
