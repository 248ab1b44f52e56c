package dev.bulkhead.runtime.cli;

/** What a shell offers for a word besides the candidates that are known. */
public enum Completes {
  NOTHING("none"),
  FILES("file"),
  DIRECTORIES("directory");

  private final String word;

  Completes(String word) {
    this.word = word;
  }

  /** The word by which the completion scripts know it. */
  String word() {
    return word;
  }
}
