package dev.bulkhead.runtime.config.toml;

/** The four kinds of strings. */
final class TomlStrings {
  private final TomlScanner in;

  TomlStrings(TomlScanner in) {
    this.in = in;
  }

  /** Reads the string that begins here with a quotation mark or an apostrophe. */
  String read() throws TomlException {
    if (in.take("\"\"\"")) {
      return readMultiLine('"');
    }
    if (in.take("'''")) {
      return readMultiLine('\'');
    }
    return readSingleLine();
  }

  /** Reads a string of one line, the only kind that a key can be. */
  String readSingleLine() throws TomlException {
    char quote = in.next();
    StringBuilder value = new StringBuilder();
    while (in.peek() != quote) {
      if (in.peek() == '\n' || in.peek() == TomlScanner.END) {
        throw in.error("a string is not closed by " + quote);
      }
      readCharacter(quote, value);
    }
    in.next();
    return value.toString();
  }

  private String readMultiLine(char quote) throws TomlException {
    int firstLine = in.line();
    String closing = String.valueOf(quote).repeat(3);
    if (in.peek() == '\n') {
      in.next();
    }
    StringBuilder value = new StringBuilder();
    while (!in.take(closing)) {
      if (in.peek() == TomlScanner.END) {
        throw new TomlException(firstLine, "a string is not closed by " + closing);
      }
      if (in.peek() == '\n') {
        value.append(in.next());
      } else if (quote != '"' || !skipJoinedLines()) {
        readCharacter(quote, value);
      }
    }
    // Up to two quotes may stand before the closing ones.
    for (int i = 0; i < 2 && in.peek() == quote; i++) {
      value.append(in.next());
    }
    return value.toString();
  }

  /** Takes a backslash at a line's end with all blanks and line ends behind it. */
  private boolean skipJoinedLines() throws TomlException {
    if (!in.startsWith("\\ ")
        && !in.startsWith("\\\t")
        && !in.startsWith("\\\n")
        && !in.startsWith("\\\r\n")) {
      return false;
    }
    in.next();
    in.skipBlanks();
    if (in.peek() != '\n') {
      throw in.error("behind a backslash at a line's end stands '" + in.peek() + "'");
    }
    while (in.peek() == ' ' || in.peek() == '\t' || in.peek() == '\n') {
      in.next();
    }
    return true;
  }

  private void readCharacter(char quote, StringBuilder value) throws TomlException {
    char c = in.next();
    in.refuseControl(c);
    if (c == '\\' && quote == '"') {
      readEscape(value);
    } else {
      value.append(c);
    }
  }

  private void readEscape(StringBuilder value) throws TomlException {
    char c = in.next();
    switch (c) {
      case 'b' -> value.append('\b');
      case 't' -> value.append('\t');
      case 'n' -> value.append('\n');
      case 'f' -> value.append('\f');
      case 'r' -> value.append('\r');
      case '"' -> value.append('"');
      case '\\' -> value.append('\\');
      case 'u' -> value.appendCodePoint(readCodePoint(4));
      case 'U' -> value.appendCodePoint(readCodePoint(8));
      default ->
          throw in.error(
              "'\\" + c + "' is no escape; write '\\\\' for a backslash, or use apostrophes");
    }
  }

  private int readCodePoint(int digits) throws TomlException {
    long code = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(in.peek(), 16);
      if (digit < 0 || in.peek() > 'f') {
        throw in.error("a code point needs " + digits + " hexadecimal digits");
      }
      in.next();
      code = code * 16 + digit;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw in.error("there is no character with the code " + Long.toHexString(code));
    }
    return (int) code;
  }
}
