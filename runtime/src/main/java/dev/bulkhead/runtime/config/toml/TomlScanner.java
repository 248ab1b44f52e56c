package dev.bulkhead.runtime.config.toml;

/** The characters of a document, one after the other, with the line that they stand in. */
final class TomlScanner {
  static final char END = '\0';

  private final String text;
  private int position;
  private int line = 1;

  TomlScanner(String text) throws TomlException {
    this.text = text;
    if (text.startsWith("\ufeff")) {
      position = 1;
    }
    // TOML has no place for it; refused here it cannot be mistaken for the end.
    int zero = text.indexOf(END);
    if (zero >= 0) {
      throw new TomlException(lineOf(zero), "there is a control character (code 0)");
    }
  }

  private int lineOf(int index) {
    int count = 1;
    for (int i = 0; i < index; i++) {
      count += text.charAt(i) == '\n' ? 1 : 0;
    }
    return count;
  }

  int line() {
    return line;
  }

  TomlException error(String message) {
    return new TomlException(line, message);
  }

  /** The next character, which stays, or {@link #END}; CR LF counts as LF. */
  char peek() {
    return peek(0);
  }

  private char peek(int ahead) {
    int index = position + ahead;
    if (index >= text.length()) {
      return END;
    }
    boolean carriageReturn =
        text.charAt(index) == '\r' && index + 1 < text.length() && text.charAt(index + 1) == '\n';
    return carriageReturn ? '\n' : text.charAt(index);
  }

  char next() {
    char c = peek();
    if (c != END) {
      position += c == '\n' && text.charAt(position) == '\r' ? 2 : 1;
      line += c == '\n' ? 1 : 0;
    }
    return c;
  }

  boolean startsWith(String expected) {
    return text.startsWith(expected, position);
  }

  /** Takes these characters, none of them a line's end, if they come next. */
  boolean take(String expected) {
    boolean there = startsWith(expected);
    if (there) {
      position += expected.length();
    }
    return there;
  }

  void skipBlanks() {
    while (peek() == ' ' || peek() == '\t') {
      next();
    }
  }

  /** Skips blanks, comments and ends of lines. */
  void skipSpace() throws TomlException {
    while (true) {
      skipBlanks();
      if (peek() == '#') {
        skipComment();
      } else if (peek() == '\n') {
        next();
      } else {
        return;
      }
    }
  }

  private void skipComment() throws TomlException {
    while (peek() != '\n' && peek() != END) {
      refuseControl(next());
    }
  }

  /** Takes the rest of a line, in which nothing but a comment may stand. */
  void endLine() throws TomlException {
    skipBlanks();
    if (peek() == '#') {
      skipComment();
    }
    if (peek() != '\n' && peek() != END) {
      throw error("'" + peek() + "' stands where the line should end");
    }
    next();
  }

  /** Refuses the control characters that TOML has no place for. */
  void refuseControl(char c) throws TomlException {
    if ((c < ' ' && c != '\t') || c == 0x7f) {
      throw error("there is a control character (code " + (int) c + ")");
    }
  }
}
