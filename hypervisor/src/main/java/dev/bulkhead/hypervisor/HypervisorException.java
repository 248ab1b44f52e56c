package dev.bulkhead.hypervisor;

/** A machine that could not be started or steered; the message is one sentence for a user. */
public final class HypervisorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HypervisorException(String message) {
    super(message);
  }

  public HypervisorException(String message, Throwable cause) {
    super(message, cause);
  }
}
