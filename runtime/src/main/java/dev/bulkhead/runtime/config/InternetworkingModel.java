package dev.bulkhead.runtime.config;

/** How the interfaces of a container's network namespace become its machine's. */
public enum InternetworkingModel {
  /** What either side sends is redirected to the other one by filters of tc. */
  TCFILTER("tcfilter"),
  /** Not at all: a container has its loopback only. */
  NONE("none");

  private final String word;

  InternetworkingModel(String word) {
    this.word = word;
  }

  /** The name in the configuration. */
  public String word() {
    return word;
  }
}
