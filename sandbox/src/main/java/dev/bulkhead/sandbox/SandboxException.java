package dev.bulkhead.sandbox;

/** Something that a sandbox could not do, in one sentence for the user, with its cause. */
public final class SandboxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SandboxException(String message) {
    super(message);
  }

  public SandboxException(String message, Throwable cause) {
    super(message, cause);
  }
}
