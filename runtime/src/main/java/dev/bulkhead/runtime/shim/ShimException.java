package dev.bulkhead.runtime.shim;

/** Why the shim's program cannot do what containerd asked, in one sentence. */
public final class ShimException extends Exception {
  private static final long serialVersionUID = 1L;

  ShimException(String message) {
    super(message);
  }

  ShimException(String message, Throwable cause) {
    super(message, cause);
  }
}
