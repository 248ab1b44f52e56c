package dev.bulkhead.runtime.container;

import java.util.Optional;

/** Where a container stands in its life, see the OCI runtime specification. */
public enum ContainerStatus {
  CREATING("creating"),
  CREATED("created"),
  RUNNING("running"),
  PAUSED("paused"),
  STOPPED("stopped");

  private final String word;

  ContainerStatus(String word) {
    this.word = word;
  }

  /** Its name in the specification. */
  public String word() {
    return word;
  }

  /** The status of this name, if there is one. */
  public static Optional<ContainerStatus> named(String word) {
    for (ContainerStatus status : values()) {
      if (status.word.equals(word)) {
        return Optional.of(status);
      }
    }
    return Optional.empty();
  }
}
