package dev.bulkhead.sandbox;

import dev.bulkhead.ttrpc.Code;

/** A request that the agent refused or did not answer. */
public final class AgentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Code code;

  /**
   * Describes a failed request.
   *
   * @param code the agent's, or UNAVAILABLE and DEADLINE_EXCEEDED for one that did not answer
   * @param message one sentence
   */
  public AgentException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public Code code() {
    return code;
  }
}
