package dev.bulkhead.runtime.image;

/** When an image of a registry is fetched. */
public enum PullPolicy {
  /** Each time, so that a name that moved is followed. */
  ALWAYS("always"),
  /** If it is not in the store yet. */
  MISSING("missing"),
  /** Never: what is not in the store is an error. */
  NEVER("never");

  private final String word;

  PullPolicy(String word) {
    this.word = word;
  }

  /** The policy's name on the command line. */
  public String word() {
    return word;
  }
}
