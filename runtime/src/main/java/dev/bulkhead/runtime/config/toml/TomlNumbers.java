package dev.bulkhead.runtime.config.toml;

/** Integers and floats. */
final class TomlNumbers {
  private TomlNumbers() {}

  /** The number that a word is. */
  static TomlValue parse(String word, int line) throws TomlException {
    if (looksLikeDate(word)) {
      throw new TomlException(line, "'" + word + "' is a date or time, for which there is no use");
    }
    boolean signed = word.startsWith("+") || word.startsWith("-");
    String digits = signed ? word.substring(1) : word;
    if (digits.equals("inf") || digits.equals("nan")) {
      double value = digits.equals("inf") ? Double.POSITIVE_INFINITY : Double.NaN;
      return new TomlValue.Real(word.startsWith("-") ? -value : value, line);
    }
    int radix = signed ? 10 : radix(digits);
    if (radix != 10) {
      return new TomlValue.Whole(whole(word, digits.substring(2), radix, line), line);
    }
    if (isDecimal(digits)) {
      String plain = withoutUnderscores(digits);
      return new TomlValue.Whole(
          whole(word, word.startsWith("-") ? "-" + plain : plain, 10, line), line);
    }
    if (isFloat(digits)) {
      return new TomlValue.Real(Double.parseDouble(withoutUnderscores(word)), line);
    }
    throw new TomlException(
        line, "'" + word + "' is no value; strings need quotes, as in \"" + word + "\"");
  }

  private static int radix(String digits) {
    if (digits.startsWith("0x")) {
      return 16;
    }
    if (digits.startsWith("0o")) {
      return 8;
    }
    return digits.startsWith("0b") ? 2 : 10;
  }

  private static long whole(String word, String digits, int radix, int line) throws TomlException {
    if (radix == 10 || hasDigits(digits, radix)) {
      try {
        return Long.parseLong(withoutUnderscores(digits), radix);
      } catch (NumberFormatException e) {
        throw new TomlException(line, "'" + word + "' is beyond 64 bits");
      }
    }
    throw new TomlException(line, "'" + word + "' is no number");
  }

  /** Digits with single underscores between them, and nothing else. */
  private static boolean hasDigits(String text, int radix) {
    boolean digitBefore = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c < 0x80 && Character.digit(c, radix) >= 0;
      if (!digit && (c != '_' || !digitBefore)) {
        return false;
      }
      digitBefore = digit;
    }
    return digitBefore;
  }

  private static boolean isDecimal(String digits) {
    return hasDigits(digits, 10) && (digits.length() == 1 || digits.charAt(0) != '0');
  }

  private static boolean isFloat(String text) {
    int exponent = Math.max(text.indexOf('e'), text.indexOf('E'));
    String mantissa = exponent < 0 ? text : text.substring(0, exponent);
    int point = mantissa.indexOf('.');
    String whole = point < 0 ? mantissa : mantissa.substring(0, point);
    boolean good = isDecimal(whole) && (exponent >= 0 || point >= 0);
    if (point >= 0) {
      good &= hasDigits(mantissa.substring(point + 1), 10);
    }
    if (exponent >= 0) {
      String power = text.substring(exponent + 1);
      boolean signed = power.startsWith("+") || power.startsWith("-");
      good &= hasDigits(signed ? power.substring(1) : power, 10);
    }
    return good;
  }

  private static boolean looksLikeDate(String word) {
    boolean date = word.length() >= 8 && word.charAt(4) == '-' && word.charAt(7) == '-';
    boolean time = word.length() >= 5 && word.charAt(2) == ':';
    return Character.isDigit(word.charAt(0)) && (date || time);
  }

  private static String withoutUnderscores(String text) {
    return text.replace("_", "");
  }
}
