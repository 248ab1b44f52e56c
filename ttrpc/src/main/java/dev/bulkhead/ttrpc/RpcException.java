package dev.bulkhead.ttrpc;

/** A call that did not succeed. The message is the callee's sentence on why, or ours. */
public final class RpcException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Code code;

  /**
   * A failure.
   *
   * @param code what kind; not {@link Code#OK}
   * @param message one sentence on what went wrong
   */
  public RpcException(Code code, String message) {
    super(message);
    this.code = code;
  }

  /** A failure with its cause. */
  public RpcException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What kind of failure it is. */
  public Code code() {
    return code;
  }
}
