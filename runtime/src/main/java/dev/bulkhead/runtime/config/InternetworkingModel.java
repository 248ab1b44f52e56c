package dev.bulkhead.runtime.config;

/** How the interfaces of a container's network namespace become its machine's. */
public enum InternetworkingModel {
  /** What either side sends is redirected to the other one by filters of tc. */
  TCFILTER("tcfilter"),
  /**
   * What is there before the machine starts is taken over by a macvtap; what comes later goes by
   * filters.
   */
  MACVTAP("macvtap"),
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
