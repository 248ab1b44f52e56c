package dev.bulkhead.protogen;

/** Java source being written: lines, indented by the braces that are open. */
final class SourceText {
  private final StringBuilder text = new StringBuilder();
  private int indent;

  /**
   * Adds lines; one that starts with a closing brace ends a block, one that ends open begins it.
   */
  SourceText add(String lines) {
    for (String line : lines.split("\n", -1)) {
      String bare = line.strip();
      if (bare.startsWith("}") || bare.startsWith(")")) {
        indent--;
      }
      if (!bare.isEmpty()) {
        text.append("  ".repeat(indent)).append(bare.startsWith("*") ? " " : "").append(bare);
      }
      text.append('\n');
      if (bare.endsWith("{") || bare.endsWith("(")) {
        indent++;
      }
    }
    return this;
  }

  /** Adds a Javadoc comment, or nothing when there is nothing to say. */
  SourceText addDoc(String documentation) {
    if (documentation.isBlank()) {
      return this;
    }
    return add("/** " + escaped(documentation).replace("\n", "\n * ") + " */");
  }

  /** Text as it may stand in a Javadoc comment. */
  static String escaped(String documentation) {
    return documentation
        .strip()
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace("@", "&#64;")
        .replace("*/", "*&#47;");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
